"""tools/benchmarks/linear_segmentation.py on the checkpoint of a finished run."""

import json

import mmseg  # noqa: F401 - skipped without it

from tests.labelled_images import write_camvid

from .training_helpers import run_python

TOOL = 'tools/benchmarks/linear_segmentation.py'


SMALL = (
    '--cfg-options',
    'train_dataloader.batch_size=2',
    'train_dataloader.dataset.pipeline.2.scale=(128,96)',
    'val_dataloader.dataset.pipeline.1.scale=(128,96)',
)


def test_the_miou_and_its_file_are_printed(finished_run, tmp_path):
    camvid = write_camvid(tmp_path / 'my camvid')
    out = tmp_path / 'a b'
    done = run_python(
        TOOL, finished_run.config, finished_run.work_dir / 'epoch_2.pth',
        '--data-root', camvid, '--work-dir', out, *SMALL, 'train_cfg.max_epochs=8',
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    metrics = json.loads((out / 'result.json').read_text())
    expected = f'mIoU: {metrics["mIoU"]:.2f} % ({out}/result.json)'
    assert done.stdout.splitlines()[-1] == expected
    assert metrics['mIoU'] > 60 and metrics['aAcc'] > 75  # chance: 25 and 50
    assert 'eta:' in done.stdout


def test_random_evaluates_the_initialisation_of_the_config(finished_run, tmp_path):
    camvid = write_camvid(tmp_path / 'camvid')
    run_python(
        TOOL, finished_run.config, 'random', '--data-root', camvid,
        '--work-dir', tmp_path / 'out', *SMALL, 'train_cfg.max_epochs=1',
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    config = (tmp_path / 'out' / 'config.py').read_text()
    assert "checkpoint=None,\n        type='mmselfsup.FrozenBackbone'" in config
    assert json.loads((tmp_path / 'out' / 'result.json').read_text())['mIoU'] > 0


def test_missing_data_is_an_error_of_one_line(finished_run, tmp_path):
    done = run_python(
        TOOL, finished_run.config, finished_run.work_dir / 'epoch_2.pth',
        cwd=tmp_path, expect=1,
    )  # fmt: skip
    assert 'data/camvid/images/train' in done.stderr
    assert len(done.stderr.splitlines()) == 1
