from PIL import Image

from .training_helpers import run_python

TOOL = 'tools/analysis_tools/draw_training_curves.py'


def test_draws_a_finished_run(finished_run, tmp_path):
    out = tmp_path / 'curves.png'
    done = run_python(TOOL, finished_run.work_dir, '--out', out, cwd=tmp_path)
    assert done.stdout.strip() == f'Curves: {out}'
    with Image.open(out) as picture:
        assert len(picture.convert('L').getcolors(256)) > 10  # not blank


def test_a_folder_without_a_log(tmp_path):
    done = run_python(TOOL, tmp_path, cwd=tmp_path, expect=1)
    assert 'no training log' in done.stderr and 'Traceback' not in done.stderr
