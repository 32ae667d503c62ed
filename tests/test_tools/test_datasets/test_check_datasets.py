import shutil
import sys

import pytest

from tests.test_tools.training_helpers import run_python
from tools.datasets.check_datasets import main
from toy import make_toy_datasets


@pytest.fixture
def folder(tmp_path):
    make_toy_datasets(tmp_path / 'data', num_images=2)
    return tmp_path


def test_all_data_sets_are_checked_and_the_exit_status_is_one(folder):
    shutil.rmtree(folder / 'data/coco/annotations')
    done = run_python(
        'tools/datasets/check_datasets.py', 'data',
        cwd=folder, expect=1, new_interpreter=True,
    )  # fmt: skip
    assert 'data/coco/annotations/instances_val2017.json' in done.stdout
    assert 'imagenet: usable' in done.stdout
    assert done.stderr.strip() == 'Not usable: coco, coco_kp'


def test_only_the_given_data_sets_are_checked(folder, monkeypatch, capsys):
    shutil.rmtree(folder / 'data/imagenet')
    arguments = ['check_datasets.py', str(folder / 'data'), 'coco', 'ade20k']
    monkeypatch.setattr(sys, 'argv', arguments)
    main()  # raises no SystemExit
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line[0] != ' '] == [
        'coco: usable',
        'ade20k: usable',
        'All usable.',
    ]


def test_files_outside_of_the_data_root_are_allowed_on_request(
    folder, monkeypatch, capsys
):
    images = folder / 'data/coco/train2017'
    (images / '000000000001.jpg').rename(folder / '000000000001.jpg')
    file = folder / 'data/coco/annotations/instances_train2017.json'
    name = '"000000000001.jpg"'
    file.write_text(file.read_text().replace(name, f'"../../../{name[1:]}'))
    arguments = ['check_datasets.py', str(folder / 'data'), 'coco']
    monkeypatch.setattr(sys, 'argv', arguments)
    with pytest.raises(SystemExit, match='Not usable: coco'):
        main()
    assert '../../../000000000001.jpg' in capsys.readouterr().out

    monkeypatch.setattr(sys, 'argv', [*arguments, '--allow-paths-outside'])
    main()  # raises no SystemExit
