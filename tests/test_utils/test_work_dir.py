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
    """The context in which tools/train.py runs."""
    return sentence_for_interrupts(lambda: how_to_resume(folder))


def run_with_checkpoint(folder, name='epoch_3.pth'):
    folder.mkdir()
    (folder / name).touch()
    (folder / 'last_checkpoint').write_text(str(folder / name))
    return folder


def test_folder_is_created_and_stays_empty(tmp_path):
    require_writable(tmp_path / 'a' / 'b c')

    assert os.listdir(tmp_path / 'a' / 'b c') == []


@pytest.mark.parametrize('inside', ['', 'below'])
def test_error_for_a_file_in_place_of_the_folder(tmp_path, inside):
    (tmp_path / 'file').touch()

    with pytest.raises(UserError, match=str(tmp_path / 'file')):
        require_writable(tmp_path / 'file' / inside)


def test_error_for_a_folder_that_is_not_writable():
    with pytest.raises(UserError, match=r"'/proc'.*--work-dir"):
        require_writable('/proc')


def test_last_checkpoint(tmp_path):
    folder = run_with_checkpoint(tmp_path / 'run')

    assert last_checkpoint(folder) == folder / 'epoch_3.pth'
    assert last_checkpoint(tmp_path) is None


def test_last_checkpoint_of_a_moved_folder(tmp_path):
    run_with_checkpoint(tmp_path / 'run').rename(tmp_path / 'moved')

    assert last_checkpoint(tmp_path / 'moved') == tmp_path / 'moved' / 'epoch_3.pth'


def test_last_checkpoint_is_missing(tmp_path):
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


def test_error_for_a_folder_with_checkpoints(tmp_path):
    folder = run_with_checkpoint(tmp_path / 'run')
    (folder / 'last_checkpoint').unlink()
    require_unused(tmp_path)

    with pytest.raises(UserError) as caught:
        require_unused(folder)

    for fact in (str(folder), 'epoch_3.pth', '--resume', '--restart', '--work-dir'):
        assert fact in str(caught.value)


def test_checkpoints_are_moved_and_none_is_lost(tmp_path):
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


def test_lock_is_exclusive(tmp_path):
    script = tmp_path / 'lock.py'
    script.write_text(LOCK)
    run = tmp_path / 'run'
    lock_work_dir(run)
    lock_work_dir(run)  # no effect

    refused = run_python(script, run, cwd=tmp_path, expect=3)
    unlock_work_dir(run)
    run_python(script, run, cwd=tmp_path)
    unlock_work_dir(run)  # no effect

    assert str(run) in refused.stdout and f'process {os.getpid()} ' in refused.stdout


def test_lock_removes_temporary_files(tmp_path):
    (tmp_path / '.epoch_1.pth.123.tmp').touch()

    lock_work_dir(tmp_path)
    unlock_work_dir(tmp_path)

    assert not list(tmp_path.glob('*.tmp')) and not list(tmp_path.glob('.*.tmp'))


def test_interrupt_prints_how_to_resume(tmp_path, capsys):
    folder = run_with_checkpoint(tmp_path / 'run')

    with pytest.raises(SystemExit) as caught, resumable(folder):
        raise KeyboardInterrupt

    assert caught.value.code == 128 + signal.SIGINT
    printed = capsys.readouterr().err
    assert '--resume' in printed and f'{folder}/epoch_3.pth' in printed


def test_interrupt_before_the_first_checkpoint(tmp_path, capsys):
    with pytest.raises(SystemExit), resumable(tmp_path):
        raise KeyboardInterrupt

    assert 'before the first checkpoint' in capsys.readouterr().err


def test_sigterm_ends_the_run_and_a_repeated_one_is_ignored(tmp_path, capsys):
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit) as caught, resumable(tmp_path):
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    try:
        assert caught.value.code == 128 + signal.SIGTERM
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
