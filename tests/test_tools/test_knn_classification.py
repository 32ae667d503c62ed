"""tools/benchmarks/knn_classification.py on the checkpoint of a finished run."""

import re

from tests.labelled_images import write_class_folders

from .training_helpers import run_python

TOOL = 'tools/benchmarks/knn_classification.py'


def test_the_accuracy_is_printed(finished_run, tmp_path):
    root = write_class_folders(tmp_path / 'my images')
    (root / 'train' / 'red' / '3.JPEG').write_bytes(b'no image')
    done = run_python(
        TOOL, finished_run.config, finished_run.work_dir / 'epoch_2.pth',
        '--data-root', root, '--image-size', 32, '--k', 3, '--num-workers', 0,
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    line = done.stdout.splitlines()[-1]
    pattern = r'k-NN accuracy: ([\d.]+) % of (\d+) images, by (\d+) labelled ones; 1 un'
    accuracy, num_val, num_train = re.match(pattern, line).groups()
    # Even this backbone distinguishes blue, green and red; chance is a third.
    assert float(accuracy) >= 200 / 3
    assert int(num_val) + int(num_train) == 14
    assert 'labelled images' in done.stdout and '100%' in done.stdout


def test_a_checkpoint_of_another_backbone_is_an_error(finished_run, tmp_path):
    write_class_folders(tmp_path / 'labelled')
    done = run_python(
        TOOL, finished_run.config, finished_run.work_dir / 'epoch_2.pth',
        '--data-root', 'labelled', '--k', 3,
        '--cfg-options', 'model.backbone.depth=34',
        cwd=tmp_path, expect=1,
    )  # fmt: skip
    assert done.stderr.startswith('Error: ')
    assert 'ResNet-18' in done.stderr and 'ResNet-34' in done.stderr
    assert len(done.stderr.splitlines()) == 1
