from PIL import Image

from .training_helpers import run_python

TOOL = 'tools/plot_log.py'


def test_draws_a_finished_run(finished_run, tmp_path):
    out = tmp_path / 'curves.png'
    done = run_python(TOOL, finished_run.work_dir, '--out', out, cwd=tmp_path)
    assert done.stdout.strip() == f'Curves: {out}'
    with Image.open(out) as picture:
        assert len(picture.convert('L').getcolors(256)) > 10  # not blank


def test_a_curve_that_is_not_there_is_one_sentence(finished_run, tmp_path):
    options = ('--curves', 'loss', 'loss_sets')
    done = run_python(TOOL, finished_run.work_dir, *options, cwd=tmp_path, expect=1)
    assert "has no curve 'loss_sets': it has " in done.stderr
    assert done.stderr.startswith('Error: ') and done.stderr.count('\n') == 1
