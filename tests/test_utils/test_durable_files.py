import errno
import os
import resource
import subprocess
import sys

import pytest

from setsim_mm.utils.durable_files import (
    remove_unfinished,
    require_room,
    write_text_whole,
    written_whole,
)


def test_file_holds_what_was_written(tmp_path):
    write_text_whole(tmp_path / 'a', 'first')
    write_text_whole(tmp_path / 'a', 'second ü')

    assert (tmp_path / 'a').read_text(encoding='utf-8') == 'second ü'
    assert os.listdir(tmp_path) == ['a']


def test_failure_leaves_the_earlier_file_and_nothing_else(tmp_path):
    write_text_whole(tmp_path / 'a', 'first')

    with (
        pytest.raises(KeyboardInterrupt),
        written_whole(tmp_path / 'a') as unfinished,
    ):
        unfinished.write_text('half')
        assert (tmp_path / 'a').read_text() == 'first'
        raise KeyboardInterrupt

    assert (tmp_path / 'a').read_text() == 'first'
    assert os.listdir(tmp_path) == ['a']


def test_file_that_is_not_written_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / 'a'):
        pass

    assert os.listdir(tmp_path) == []


LIMITED = """
import resource
from setsim_mm.utils.durable_files import write_text_whole

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_text_whole('a', 'x' * 5000)
except OSError as error:
    print(error.errno)
"""


def test_disk_that_refuses_more_bytes(tmp_path):
    write_text_whole(tmp_path / 'a', 'first')

    done = subprocess.run(
        [sys.executable, '-c', LIMITED],
        cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': os.getcwd()},
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) == errno.EFBIG
    assert os.listdir(tmp_path) == ['a']
    assert (tmp_path / 'a').read_text() == 'first'
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_room_is_checked(tmp_path):
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    require_room(tmp_path, 10)

    with pytest.raises(OSError, match='MiB are needed') as caught:
        require_room(tmp_path, 2 * free)

    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path)


def test_what_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / '.epoch_3.pth.4711.tmp').write_text('half')
    (tmp_path / 'notes.tmp').write_text('of the user')
    (tmp_path / '.hidden').write_text('of the user')
    (tmp_path / '.folder.tmp').mkdir()

    remove_unfinished(tmp_path)

    assert sorted(os.listdir(tmp_path)) == ['.folder.tmp', '.hidden', 'notes.tmp']
