"""NumPy arrays and scalars in checkpoints, rebuilt without trusting the file.

NumPy unpickles a dtype with any flags and fields that a file names. An array of such
a dtype reads memory at addresses of the file's choice as soon as it is printed. What
is here takes the place of NumPy's own functions when PyTorch's safe reader reads a
checkpoint: it knows plain numbers and checks every size.
"""

from math import prod
from pickle import UnpicklingError
from typing import Any

import numpy as np

KINDS = ('b1', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8')


class PlainDtype:
    """In place of :class:`numpy.dtype`: one of :data:`KINDS` and a byte order.

    Args:
        name (str): Such as ``'f8'``.
        *flags (Any): Ignored.

    Raises:
        UnpicklingError: If it is not a type of plain numbers.
    """

    def __init__(self, name: str, *flags: Any) -> None:
        if name not in KINDS:
            raise UnpicklingError(f'an array of {name!r} and not of plain numbers')
        self.dtype = np.dtype(name)

    def __setstate__(self, state: tuple) -> None:
        """Take over the byte order and nothing else."""
        if state[1] == '>':
            self.dtype = self.dtype.newbyteorder('>')


class PlainArray(np.ndarray):
    """In place of :class:`numpy.ndarray`; it is saved as that.

    Args:
        *args (Any): Ignored: a new one is empty, whatever a file asks for.
    """

    def __new__(cls, *args: Any) -> 'PlainArray':
        """Create an empty array."""
        return super().__new__(cls, (0,))

    def __setstate__(self, state: tuple) -> None:
        """Take over shape, type and content if they agree.

        Raises:
            UnpicklingError: If not.
        """
        _, shape, kind, fortran, content = state
        if (
            not isinstance(kind, PlainDtype)
            or not isinstance(content, bytes)
            or not all(type(size) is int and size >= 0 for size in shape)
            or prod(shape) * kind.dtype.itemsize != len(content)
        ):
            raise UnpicklingError('an array whose content does not have its shape')
        super().__setstate__((1, shape, kind.dtype, bool(fortran), content))

    def __reduce__(self) -> tuple:
        return self.view(np.ndarray).__reduce__()


def plain_array(*args: Any) -> PlainArray:
    """Create an array, in place of NumPy's function ``_reconstruct``."""
    return PlainArray()


def plain_scalar(kind: PlainDtype, content: bytes) -> np.generic:
    """Create a scalar, in place of NumPy's function ``scalar``.

    Args:
        kind (PlainDtype): Its type.
        content (bytes): Its bytes.

    Raises:
        UnpicklingError: If the bytes are not one number.
    """
    if (
        not isinstance(kind, PlainDtype)
        or not isinstance(content, bytes)
        or len(content) != kind.dtype.itemsize
    ):
        raise UnpicklingError('a scalar whose content does not have its type')
    return np.frombuffer(content, kind.dtype)[0]


def numbers(value: Any) -> np.ndarray:
    """Return a one-dimensional array of plain numbers as it is.

    Args:
        value (Any): What a file holds in its place.

    Raises:
        UnpicklingError: If it is anything else.
    """
    if (
        not isinstance(value, np.ndarray)
        or value.ndim != 1
        or value.dtype.str[1:] not in KINDS
    ):
        raise UnpicklingError('no list of numbers where one is expected')
    return value


def safe_globals() -> list[tuple[Any, str]]:
    """Return what PyTorch's safe reader may call under NumPy's names.

    NumPy 2 moved the two functions; a checkpoint written under NumPy 1 names the old
    place.
    """
    numpys = [(PlainArray, 'numpy.ndarray'), (PlainDtype, 'numpy.dtype')]
    for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
        numpys.append((plain_array, f'{module}._reconstruct'))
        numpys.append((plain_scalar, f'{module}.scalar'))
    return numpys
