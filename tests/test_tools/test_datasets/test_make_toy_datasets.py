import sys

import pytest

from tests.test_tools.training_helpers import run_python
from tools.datasets.make_toy_datasets import main


def test_says_where_the_data_are(tmp_path):
    done = run_python(
        'tools/datasets/make_toy_datasets.py', 'my data', '--images', 2, cwd=tmp_path
    )
    last = done.stdout.splitlines()[-1]
    assert last.endswith('my data') and 'Cityscapes' in last
    assert (tmp_path / 'my data/coco/annotations/instances_val2017.json').is_file()


def test_refuses_the_data_of_others_in_one_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / 'coco').mkdir()
    monkeypatch.setattr(sys, 'argv', ['make_toy_datasets.py', str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"Error: '{tmp_path}/coco' is there and no toy data set: choose another "
        'folder, or move it away.\n'
    )
