"""A short run of the demo, and its images."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from setsim_mm.utils import UserError
from tools import demo_images

from .training_helpers import REPO, environment, run_python, write_images

SHORT = ('--epochs', 1, '--num-windows', 8, '--cfg-options')
TINY = (
    'train_dataloader.batch_size=4',
    'train_dataloader.dataset.pipeline.1.transforms.0.0.size=64',
    'custom_hooks.3.num_images=4',
)


def demo(folder: Path, *arguments: object, expect: int = 0):
    return run_python('tools/demo.py', *arguments, cwd=folder, expect=expect)


@pytest.mark.slow
def test_demo_on_shipped_photographs_and_again_on_others(tmp_path: Path) -> None:
    work_dir = tmp_path / 'a folder'
    done = demo(tmp_path, '--work-dir', work_dir, *SHORT, *TINY)
    for name in (
        'epoch_1.pth',
        'backbone.pth',
        'training_curves.png',
        'corresponding_sets.png',
    ):
        assert (work_dir / name).is_file()
        assert f'{work_dir / name}\n' in done.stdout
    assert 'inside scikit-image and scikit-learn' in done.stdout
    assert 'epoch 1 of 1: loss ' in done.stdout
    for when in ('before training', 'after it', 'by chance'):
        assert re.search(rf'\d% [a-z ]*{when}', done.stdout)
    assert 'mmengine' not in done.stdout  # the log is in the log file only
    assert done.stderr == ''
    (log,) = work_dir.glob('*/*.log')
    assert 'Epoch(train) [1][2/2]' in log.read_text()
    backbone = torch.load(work_dir / 'backbone.pth', weights_only=True)
    assert 'conv1.weight' in backbone['state_dict']
    for name in ('training_curves.png', 'corresponding_sets.png'):
        with Image.open(work_dir / name) as picture:
            assert min(picture.size) > 500

    photographs = write_images(tmp_path / 'photographs', 3)
    (photographs / 'bad.jpg').write_bytes(b'no image')
    before = (work_dir / 'epoch_1.pth').stat().st_mtime_ns
    arguments = ('--images', photographs, '--work-dir', work_dir)
    again = demo(tmp_path, *arguments, *SHORT, *TINY)
    assert f'from 4 photographs in {photographs}' in again.stdout
    assert '1 of them cannot be read' in again.stdout and 'bad.jpg' in again.stdout
    assert (work_dir / 'epoch_1.pth').stat().st_mtime_ns > before


@pytest.mark.parametrize(
    ('make', 'fact'),
    [(lambda path: None, 'not a folder'), (lambda path: path.mkdir(), 'no image')],
)
def test_no_photographs_is_an_error_of_one_line(tmp_path: Path, make, fact) -> None:
    folder = tmp_path / 'photographs'
    make(folder)
    done = demo(tmp_path, '--images', folder, '--work-dir', tmp_path / 'w', expect=1)
    assert done.stderr.startswith('Error: ') and done.stderr.count('\n') == 1
    assert fact in done.stderr and str(folder) in done.stderr


@pytest.mark.parametrize('option', ['--epochs', '--num-windows'])
def test_numbers_below_one_are_errors(tmp_path: Path, option: str) -> None:
    done = demo(tmp_path, option, 0, expect=2)
    assert re.search(f'{option}: .*at least 1, not 0', done.stderr)


def has_trained(work_dir: Path) -> bool:
    """Return whether the log of a run has a step."""
    logs = work_dir.glob('*/*.log')
    return any('Epoch(train)' in log.read_text() for log in logs)


def test_an_interrupted_demo_ends_with_one_line(tmp_path: Path) -> None:
    command = [sys.executable, str(REPO / 'tools/demo.py'), '--work-dir', 'out', *TINY]
    command.insert(-len(TINY), '--cfg-options')
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 400
        while not has_trained(tmp_path / 'out'):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGINT
    assert errors.strip().splitlines()[-1].startswith('Stopped')
    assert 'Traceback' not in errors


def test_shipped_photographs_exist() -> None:
    paths = demo_images.shipped_photographs()
    names = {Path(path).name for path in paths}
    assert names == {*demo_images.SCIKIT_IMAGE, *demo_images.SCIKIT_LEARN}


def cut(paths: list, folder: Path, number: int) -> list[str]:
    return demo_images.cut_windows([str(path) for path in paths], folder, number)


@pytest.mark.parametrize('number', [1, 7, 12])
def test_the_number_of_windows(tmp_path: Path, number: int) -> None:
    photographs = sorted(write_images(tmp_path / 'p', 3).iterdir())
    (tmp_path / 'p' / '0.png').write_bytes(b'no image')
    unreadable = cut(photographs, tmp_path / 'w', number)
    windows = sorted((tmp_path / 'w').iterdir())
    assert len(windows) == number
    assert [Path(path).name for path in unreadable] == ['0.png']
    for window in windows:
        with Image.open(window) as image:
            assert image.width == image.height and 28 <= image.width <= 80


def test_windows_are_the_same_each_time_and_replace_earlier_ones(
    tmp_path: Path,
) -> None:
    photographs = sorted(write_images(tmp_path / 'p', 2).iterdir())
    windows = tmp_path / 'w'
    windows.mkdir()
    (windows / 'mine.txt').write_text('not of the demo')
    contents = []
    for number in (6, 9, 6):
        cut(photographs, windows, number)
        contents.append({p.name: p.read_bytes() for p in windows.glob('*.jpg')})
    assert contents[0] == contents[2] and len(contents[1]) == 9
    assert (windows / 'mine.txt').exists()


def test_no_readable_image_is_an_error(tmp_path: Path) -> None:
    (tmp_path / 'bad.png').write_bytes(b'no image')
    with pytest.raises(UserError, match=r' 1 images .*bad\.png'):
        cut([tmp_path / 'bad.png'], tmp_path / 'w', 3)


def test_windows_of_an_earlier_demo_are_no_photographs(tmp_path: Path) -> None:
    photographs = sorted(write_images(tmp_path / 'p', 2).iterdir())
    windows = tmp_path / 'p' / 'windows'
    cut(photographs, windows, 4)
    found = demo_images.photographs_in(tmp_path / 'p', windows)
    assert sorted(found) == [str(path) for path in photographs]


def test_many_photographs_are_sampled(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(demo_images, 'MAX_PHOTOGRAPHS', 2)
    folder = write_images(tmp_path / 'p', 5)
    found = demo_images.photographs_in(folder, tmp_path / 'w')
    assert len(set(found)) == 2
