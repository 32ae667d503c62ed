import hashlib

import pytest

from setsim_mm.utils.file_digest import BLOCK, file_sha256


@pytest.mark.parametrize('size', [0, 3, BLOCK, BLOCK + 1])
def test_digest_equals_hashlib(tmp_path, size):
    content = bytes(i % 251 for i in range(size))
    path = tmp_path / 'file'
    path.write_bytes(content)

    assert file_sha256(path) == hashlib.sha256(content).hexdigest()
