"""Weights of detectron2: a pickle of NumPy arrays, read without running code from it.

detectron2 publishes ``dict(model={name: array}, __author__=..., ...)`` and reads it
with Python's own unpickler, which runs any function that a file names.
"""

import os
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import torch

from . import inert_pickle
from .plain_arrays import PlainArray, PlainDtype, safe_globals


def _encoded(text: str, encoding: str) -> bytes:
    """Return bytes; replacement for the function by which protocol 2 stores them."""
    if encoding != 'latin1':
        raise pickle.UnpicklingError('bytes in another encoding than latin1')
    return text.encode(encoding)


def _empty() -> bytes:
    """Return no bytes; replacement for ``bytes`` itself in protocol 2."""
    return b''


class ArrayUnpickler(inert_pickle.Unpickler):
    """Unpickler of plain arrays and containers; anything else becomes an Inert."""

    known = {
        ('collections', 'OrderedDict'): OrderedDict,
        ('_codecs', 'encode'): _encoded,
        ('__builtin__', 'bytes'): _empty,
        **{tuple(name.rsplit('.', 1)): plain for plain, name in safe_globals()},
    }

    def _build(self) -> None:
        state = self.stack.pop()
        if isinstance(self.stack[-1], PlainArray | PlainDtype):
            self.stack[-1].__setstate__(state)

    dispatch = inert_pickle.Unpickler.dispatch | {pickle.BUILD[0]: _build}


def read(path: str | os.PathLike) -> Any:
    """Load a pickle with tensors in place of its arrays.

    Args:
        path (str | os.PathLike): A file that detectron2 or its converters wrote.

    Returns:
        Any: The content. Only dictionaries in dictionaries are searched for arrays.

    Raises:
        UnpicklingError: If the file is damaged, or its arrays exceed its size.
        OSError: If the file cannot be read.
    """
    with open(path, 'rb') as file:
        content = ArrayUnpickler(file, encoding='latin1').load()
    return _with_tensors(content, [os.path.getsize(path)])


def _with_tensors(content: Any, left: list[int], depth: int = 2) -> Any:
    """Replace arrays; ``left`` holds the bytes that the file may still contain."""
    if isinstance(content, np.ndarray):
        left[0] -= content.nbytes
        if left[0] < 0:
            raise pickle.UnpicklingError('arrays that are larger than the file')
        return torch.from_numpy(_native(content))
    if isinstance(content, dict) and depth:
        return {k: _with_tensors(v, left, depth - 1) for k, v in content.items()}
    return content


def _native(array: np.ndarray) -> np.ndarray:
    """Return a copy as a plain array in this machine's order of bytes."""
    return np.array(array, array.dtype.newbyteorder('='), subok=False, order='C')
