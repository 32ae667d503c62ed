"""The SHA-256 of a file."""

import hashlib
import os
from pathlib import Path

BLOCK = 2**20  # bytes that are read at once


def file_sha256(path: str | os.PathLike) -> str:
    """Compute the SHA-256 of a file, in hexadecimal; ``~`` in the path is expanded."""
    digest = hashlib.sha256()
    with open(Path(path).expanduser(), 'rb') as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
