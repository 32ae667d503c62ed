from .training_helpers import run_python

TOOL = 'tools/make_toy_datasets.py'


def test_says_where_the_data_are_and_refuses_the_data_of_others(tmp_path):
    done = run_python(TOOL, 'my data', '--images', 2, cwd=tmp_path)
    last = done.stdout.splitlines()[-1]
    assert last.endswith('my data') and 'Cityscapes' in last
    assert (tmp_path / 'my data/coco/annotations/instances_val2017.json').is_file()

    (tmp_path / 'my data/coco/train2017/mine.jpg').touch()
    done = run_python(TOOL, 'my data', cwd=tmp_path, expect=1)
    assert done.stderr.startswith('Error: ') and len(done.stderr.splitlines()) == 1
    assert 'train2017/mine.jpg' in done.stderr
