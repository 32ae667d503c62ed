import os
import signal

import pytest

from setsim_mm.utils import UserError, last_checkpoint, require_writable
from setsim_mm.utils.interrupts import how_to_resume, sentence_for_interrupts


def resumable(folder):
    """What tools/train.py runs in."""
    return sentence_for_interrupts(lambda: how_to_resume(folder))


def run_with_checkpoint(folder, name='epoch_3.pth'):
    folder.mkdir()
    (folder / name).touch()
    (folder / 'last_checkpoint').write_text(str(folder / name))
    return folder


def test_folder_is_made_and_stays_empty(tmp_path):
    require_writable(tmp_path / 'a' / 'b c')

    assert os.listdir(tmp_path / 'a' / 'b c') == []


@pytest.mark.parametrize('inside', ['', 'below'])
def test_file_in_the_way(tmp_path, inside):
    (tmp_path / 'file').touch()

    with pytest.raises(UserError, match='cannot be written'):
        require_writable(tmp_path / 'file' / inside)


def test_folder_that_takes_no_files():
    with pytest.raises(UserError, match="'/proc' cannot be written"):
        require_writable('/proc')


def test_last_checkpoint(tmp_path):
    folder = run_with_checkpoint(tmp_path / 'run')

    assert last_checkpoint(folder) == folder / 'epoch_3.pth'
    assert last_checkpoint(tmp_path) is None


def test_last_checkpoint_of_a_folder_that_was_moved(tmp_path):
    run_with_checkpoint(tmp_path / 'run').rename(tmp_path / 'moved')

    assert last_checkpoint(tmp_path / 'moved') == tmp_path / 'moved' / 'epoch_3.pth'


def test_last_checkpoint_that_is_gone(tmp_path):
    folder = run_with_checkpoint(tmp_path / 'run')
    (folder / 'epoch_3.pth').unlink()

    assert last_checkpoint(folder) is None


def test_interrupt_says_how_to_go_on(tmp_path, capsys):
    folder = run_with_checkpoint(tmp_path / 'run')

    with pytest.raises(SystemExit) as caught, resumable(folder):
        raise KeyboardInterrupt

    assert caught.value.code == 128 + signal.SIGINT
    assert f'with --resume goes on from {folder}/epoch_3.pth' in capsys.readouterr().err


def test_interrupt_before_the_first_checkpoint(tmp_path, capsys):
    with pytest.raises(SystemExit), resumable(tmp_path):
        raise KeyboardInterrupt

    assert 'before the first checkpoint was saved' in capsys.readouterr().err


def test_sigterm_ends_the_run_and_is_left_as_it_was(tmp_path, capsys):
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit) as caught, resumable(tmp_path):
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    assert caught.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
