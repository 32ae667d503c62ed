import os
import signal

import pytest

from setsim_mm.utils import UserError, last_checkpoint, require_writable
from setsim_mm.utils.interrupts import how_to_resume, sentence_for_interrupts
from setsim_mm.utils.work_dir import (
    lock_work_dir,
    require_unused,
    set_checkpoints_aside,
    unlock_work_dir,
)

from ..test_tools.training_helpers import run_python


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


@pytest.mark.parametrize('content', [b'', b'\xff\xfe', b'no/such.pth', b'/', None])
def test_last_checkpoint_without_a_pointer_to_it(content, tmp_path):
    folder = run_with_checkpoint(tmp_path / 'run', 'iter_7.pth')
    (folder / 'last_checkpoint').unlink()
    if content is not None:
        (folder / 'last_checkpoint').write_bytes(content)

    assert last_checkpoint(folder) == folder / 'iter_7.pth'


def test_folder_with_checkpoints_is_refused(tmp_path):
    folder = run_with_checkpoint(tmp_path / 'run')
    (folder / 'last_checkpoint').unlink()
    require_unused(tmp_path)

    with pytest.raises(UserError) as caught:
        require_unused(folder)

    for fact in (str(folder), 'epoch_3.pth', '--resume', '--restart', '--work-dir'):
        assert fact in str(caught.value)


def test_checkpoints_move_aside_and_none_is_lost(tmp_path):
    folder = run_with_checkpoint(tmp_path / 'run')
    (folder / 'epoch_3.pth').write_text('three')
    (folder / 'best_mIoU_iter_5.pth').write_text('best')
    (folder / 'backbone.pth').write_text('of the user')
    (folder / 'last_evaluation.json').write_text('{}')

    aside = set_checkpoints_aside(folder)

    assert last_checkpoint(folder) is None
    assert (folder / 'backbone.pth').read_text() == 'of the user'
    assert (aside / 'epoch_3.pth').read_text() == 'three'
    assert (aside / 'best_mIoU_iter_5.pth').read_text() == 'best'
    assert (aside / 'last_evaluation.json').is_file()
    assert not (folder / 'last_evaluation.json').exists()
    assert set_checkpoints_aside(folder) is None


LOCK = """
import sys
from setsim_mm.utils import UserError
from setsim_mm.utils.work_dir import lock_work_dir

try:
    lock_work_dir(sys.argv[1])
except UserError as error:
    print(error)
    sys.exit(3)
"""


def test_second_process_is_refused_until_the_first_unlocks(tmp_path):
    script = tmp_path / 'lock.py'
    script.write_text(LOCK)
    run = tmp_path / 'run'
    lock_work_dir(run)
    lock_work_dir(run)  # has it already

    refused = run_python(script, run, cwd=tmp_path, expect=3)
    unlock_work_dir(run)
    run_python(script, run, cwd=tmp_path)
    unlock_work_dir(run)  # has it no more

    assert str(run) in refused.stdout and f'process {os.getpid()} ' in refused.stdout


def test_lock_removes_what_a_killed_process_left(tmp_path):
    (tmp_path / '.epoch_1.pth.123.tmp').touch()

    lock_work_dir(tmp_path)
    unlock_work_dir(tmp_path)

    assert not list(tmp_path.glob('*.tmp')) and not list(tmp_path.glob('.*.tmp'))


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
