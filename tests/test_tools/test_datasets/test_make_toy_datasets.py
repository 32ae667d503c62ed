import sys

import pytest

from tests.test_tools.training_helpers import run_python
from tools.datasets.make_toy_datasets import main


def test_the_folder_is_printed(tmp_path):
    done = run_python(
        'tools/datasets/make_toy_datasets.py', 'my data', '--images', 2,
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    last = done.stdout.splitlines()[-1]
    assert last.endswith('my data') and 'Cityscapes' in last
    assert (tmp_path / 'my data/coco/annotations/instances_val2017.json').is_file()


def test_other_data_are_an_error_of_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / 'coco').mkdir()
    monkeypatch.setattr(sys, 'argv', ['make_toy_datasets.py', str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert f'{tmp_path}/coco' in error and error.count('\n') == 1
