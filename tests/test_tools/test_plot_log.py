from PIL import Image

from .training_helpers import run_python

TOOL = 'tools/plot_log.py'


def test_draws_a_finished_run(finished_run, tmp_path):
    out = tmp_path / 'curves.png'
    done = run_python(
        TOOL, finished_run.work_dir, '--out', out, cwd=tmp_path, new_interpreter=True
    )
    assert done.stdout.strip() == f'Curves: {out}'
    with Image.open(out) as picture:
        assert len(picture.convert('L').getcolors(256)) > 10  # not blank


def test_an_unknown_curve_is_an_error_of_one_line(finished_run, tmp_path):
    options = ('--curves', 'loss', 'loss_sets')
    done = run_python(TOOL, finished_run.work_dir, *options, cwd=tmp_path, expect=1)
    assert "'loss_sets'" in done.stderr and 'loss_set,' in done.stderr
    assert done.stderr.startswith('Error: ') and done.stderr.count('\n') == 1
