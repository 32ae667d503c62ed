"""The disks that an attack fills."""

import errno
import os
import sys

import pytest
from attacks.disks import TOO_SMALL, SmallDisk, obeying_permissions, small_disk
from attacks.processes import Training

WRITES = f"""
import time
while True:
    try:
        open('file', 'wb').write(bytes({2 * TOO_SMALL}))
    except OSError as error:
        raise SystemExit(error.errno)
    print('written', flush=True)
    time.sleep(0.01)
"""


@pytest.fixture
def training(tmp_path, monkeypatch):
    monkeypatch.setattr(Training, 'ended', False)
    monkeypatch.setattr(Training, 'live', set())
    command = [*obeying_permissions(), sys.executable, '-c', WRITES]
    training = Training(command, tmp_path, tmp_path / 'run', os.environ)
    while not training.outputs[0].read_bytes():
        pass
    yield training
    training.kill()


def test_without_a_mount_files_are_limited_in_size(training, tmp_path):
    SmallDisk(tmp_path, mounted=False).fill(training)

    assert training.end(60).status == errno.EFBIG


def test_root_obeys_permissions(training, tmp_path):
    file = tmp_path / 'file'
    file.chmod(0o444)

    assert training.end(60).status == errno.EACCES


def test_a_mounted_disk_is_filled_and_freed(training, tmp_path):
    with small_disk(tmp_path / 'disk') as disk:
        if not disk.mounted:
            pytest.skip('no permission to mount a disk')
        disk.fill(training)
        with pytest.raises(OSError) as raised:
            (disk.folder / 'one').write_bytes(bytes(10_000))
        assert raised.value.errno == errno.ENOSPC
        disk.free(training)
        (disk.folder / 'two').write_bytes(bytes(10_000))

    assert list((tmp_path / 'disk').iterdir()) == []  # nothing is mounted any more
