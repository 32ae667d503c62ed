"""Checkpoints that try to run code, and the pickles in them, written by hand."""

import builtins
import os
import pickle
import subprocess
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

# What torch.save wrote before 1.6: three pickles ahead of the content, one behind it.
LEGACY = torch.serialization.MAGIC_NUMBER, torch.serialization.PROTOCOL_VERSION, {}


class Call:
    """Pickled, it is a call of a function: what a hostile file is made of."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.function = function
        self.args = args

    def __reduce__(self) -> tuple:
        return self.function, self.args


def calls(marker: Path) -> Iterator[tuple[str, Call]]:
    """Ways to make a folder, each of which would show that code has run."""
    source = f'import os; os.makedirs({str(marker)!r}, exist_ok=True)'
    yield 'os.system', Call(os.system, f'mkdir -p {marker}')
    yield 'os.mkdir', Call(os.mkdir, str(marker))
    yield 'exec', Call(builtins.exec, source)
    yield 'eval', Call(builtins.eval, f'__import__("os").mkdir({str(marker)!r})')
    yield 'subprocess', Call(subprocess.check_call, ['mkdir', '-p', str(marker)])
    yield 'pickle', Call(pickle.loads, pickle.dumps(Call(os.mkdir, str(marker))))
    yield 'partial', Call(partial(os.mkdir, str(marker)))


def in_zip(
    content: bytes, path: Path, storages: dict[str, bytes] | None = None
) -> Path:
    """Put a pickle into a file as torch.save writes it."""
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('archive/data.pkl', content)
        archive.writestr('archive/byteorder', 'little')
        archive.writestr('archive/version', '3\n')
        for key, data in (storages or {}).items():
            archive.writestr(f'archive/data/{key}', data)
    return path


def in_legacy(content: bytes, path: Path) -> Path:
    """Put a pickle into a file as torch.save wrote it before 1.6."""
    header = b''.join(pickle.dumps(part, protocol=2) for part in LEGACY)
    path.write_bytes(header + content + pickle.dumps([], protocol=2))
    return path


class Ops:
    """The operations of a pickle, for streams that no pickler would write."""

    @staticmethod
    def name(module: str, name: str) -> bytes:
        """Look up a global."""
        return b'c' + module.encode() + b'\n' + name.encode() + b'\n'

    @staticmethod
    def text(value: str) -> bytes:
        """Push a string."""
        data = value.encode()
        return b'X' + len(data).to_bytes(4, 'little') + data

    @staticmethod
    def number(value: int) -> bytes:
        """Push an integer of 64 bits."""
        return b'\x8a\x08' + value.to_bytes(8, 'little', signed=True)

    @staticmethod
    def tuple(*parts: bytes) -> bytes:
        """Push a tuple."""
        return b'(' + b''.join(parts) + b't'

    @classmethod
    def call(cls, function: bytes, *args: bytes) -> bytes:
        """Call a function."""
        return function + cls.tuple(*args) + b'R'

    @classmethod
    def tensor(
        cls, size: int, stored: int = 1, stride: int = 1, legacy: bool = False
    ) -> bytes:
        """Push a tensor of one dimension, whose numbers are those of storage 0."""
        storage = cls.tuple(
            cls.text('storage'),
            cls.name('torch', 'FloatStorage'),
            cls.text('0'),
            cls.text('cpu'),
            cls.number(stored),
            *[b'N'] * legacy,
        )
        return cls.call(
            cls.name('torch._utils', '_rebuild_tensor_v2'),
            storage + b'Q',
            cls.number(0),
            cls.tuple(cls.number(size)),
            cls.tuple(cls.number(stride)),
            b'\x89',  # False
            cls.call(cls.name('collections', 'OrderedDict')),
        )

    @classmethod
    def state_dict(cls, **values: bytes) -> bytes:
        """A whole pickle of a dictionary."""
        items = b''.join(cls.text(k) + v + b's' for k, v in values.items())
        return b'\x80\x02}' + items + b'.'
