"""Load NumPy arrays and scalars from untrusted checkpoints.

NumPy unpickles a dtype with any flags and fields that a file declares. Printing an
array of such a dtype reads memory at any address. The functions here replace NumPy's
own when PyTorch's safe unpickler loads a checkpoint. They accept only plain numbers and
check every size.
"""

from math import prod
from pickle import UnpicklingError
from typing import Any

import numpy as np

KINDS = ('b1', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8')


class PlainDtype:
    """Replacement for :class:`numpy.dtype`: one of :data:`KINDS` and a byte order.

    Args:
        name (str): The kind, such as ``'f8'``.
        *flags (Any): Ignored.

    Raises:
        UnpicklingError: If it is not a type of plain numbers.
    """

    def __init__(self, name: str, *flags: Any) -> None:
        if name not in KINDS:
            raise UnpicklingError(f'an array of {name!r} and not of plain numbers')
        self.dtype = np.dtype(name)

    def __setstate__(self, state: tuple) -> None:
        """Set the byte order; the rest of the state is ignored."""
        if state[1] == '>':
            self.dtype = self.dtype.newbyteorder('>')


class PlainArray(np.ndarray):
    """Replacement for :class:`numpy.ndarray`; it is pickled as a plain array.

    Args:
        *args (Any): Ignored; a new array is empty.
    """

    def __new__(cls, *args: Any) -> 'PlainArray':
        """Create an empty array."""
        return super().__new__(cls, (0,))

    def __setstate__(self, state: tuple) -> None:
        """Set shape, type and content.

        Raises:
            UnpicklingError: If they do not agree.
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
    """Create an empty array; replacement for NumPy's function ``_reconstruct``."""
    return PlainArray()


def plain_scalar(kind: PlainDtype, content: bytes) -> np.generic:
    """Create a scalar; replacement for NumPy's function ``scalar``.

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
    """Return the value if it is a one-dimensional array of plain numbers.

    Raises:
        UnpicklingError: If it is another object.
    """
    if (
        not isinstance(value, np.ndarray)
        or value.ndim != 1
        or value.dtype.str[1:] not in KINDS
    ):
        raise UnpicklingError('another object in place of a list of numbers')
    return value


def safe_globals() -> list[tuple[Any, str]]:
    """Return the replacements with NumPy's names, for PyTorch's safe unpickler.

    NumPy 2 moved the two functions to another module; both names are listed.
    """
    numpys = [(PlainArray, 'numpy.ndarray'), (PlainDtype, 'numpy.dtype')]
    for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
        numpys.append((plain_array, f'{module}._reconstruct'))
        numpys.append((plain_scalar, f'{module}.scalar'))
    return numpys
