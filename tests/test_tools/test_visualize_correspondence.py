"""Figure 4 from the command line."""

import pytest
from PIL import Image

from .training_helpers import REPO, run_python, write_images

TOOL = 'tools/visualize_correspondence.py'


def test_draws_a_finished_run(finished_run, tmp_path):
    images = write_images(tmp_path / 'some images', 2)
    checkpoint = finished_run.work_dir / 'epoch_2.pth'
    options = ('--out-dir', tmp_path / 'out', '--num-lines', 3)
    done = run_python(
        TOOL, finished_run.config, checkpoint, images, *options,
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    sheet = tmp_path / 'out' / 'contact_sheet.png'
    assert done.stdout == f'Written: {sheet} and 2 more\n'
    assert done.stderr == ''
    written = sorted(path.name for path in sheet.parent.iterdir())
    assert written == ['0.png', '1.png', 'contact_sheet.png']
    for name in written:
        with Image.open(sheet.with_name(name)) as picture:
            assert picture.width > 900


def without_matcher(finished_run, folder):
    config = REPO / 'configs/selfsup/mocov2_r50_200e_in100.py'
    checkpoint = finished_run.work_dir / 'epoch_2.pth'
    return config, checkpoint, write_images(folder / 'images')


def unreadable_image(finished_run, folder):
    (folder / 'bad.png').write_bytes(b'no image')
    checkpoint = finished_run.work_dir / 'epoch_2.pth'
    return finished_run.config, checkpoint, folder / 'bad.png'


# Other errors: tests/test_apis.
@pytest.mark.parametrize(
    ('arguments', 'fact'),
    [(without_matcher, "model.type is 'Group"), (unreadable_image, 'bad.png')],
)
def test_bad_input_is_an_error_of_one_line(finished_run, tmp_path, arguments, fact):
    given = arguments(finished_run, tmp_path)
    done = run_python(TOOL, *given, cwd=tmp_path, expect=1)
    assert fact in done.stderr
    assert done.stderr.startswith('Error: ') and done.stderr.count('\n') == 1
    assert not (tmp_path / 'correspondence').exists()
