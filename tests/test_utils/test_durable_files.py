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


def test_error_leaves_only_the_earlier_file(tmp_path):
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


def test_error_if_no_file_is_written(tmp_path):
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


def test_error_while_writing(tmp_path):
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


def test_error_if_the_disk_is_full(tmp_path):
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    require_room(tmp_path, 10)

    with pytest.raises(OSError, match='MiB') as caught:
        require_room(tmp_path, 2 * free)

    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path)


def test_temporary_files_are_removed(tmp_path):
    (tmp_path / '.epoch_3.pth.4711.tmp').write_text('half')
    (tmp_path / 'notes.tmp').write_text('of the user')
    (tmp_path / '.hidden').write_text('of the user')
    (tmp_path / '.folder.tmp').mkdir()

    remove_unfinished(tmp_path)

    assert sorted(os.listdir(tmp_path)) == ['.folder.tmp', '.hidden', 'notes.tmp']
