"""An unpickler that builds only tensors and plain containers.

It is for ``torch.load(..., pickle_module=inert_pickle)``. Checkpoints of mmengine and
other projects may hold objects for which PyTorch's safe unpickler rejects the whole
file. This one replaces each of them by an :class:`Inert`: no code from the file runs,
and the weights can be loaded.

It subclasses Python's unpickler in pure Python. The one in C allocates the size that a
file declares before it checks the length of the file.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import IO, Any

import torch
from torch import Tensor
from torch.storage import TypedStorage


class Inert:
    """Placeholder for a function, a class or an object."""

    def append(self, value: Any) -> None:
        """Ignore the value."""

    def extend(self, values: Any) -> None:
        """Ignore the values."""


def tensor(
    storage: TypedStorage,
    offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    *rest: Any,
) -> Tensor:
    """Create a tensor without gradient and hooks, in place of PyTorch's function.

    Raises:
        UnpicklingError: If the tensor exceeds its storage, which PyTorch would enlarge.
    """
    reach = sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 not in size and offset + reach >= storage._size():
        raise pickle.UnpicklingError('a tensor that is larger than its content')
    return torch._utils._rebuild_tensor(storage, offset, size, stride)


def parameter(data: Tensor, *rest: Any) -> Tensor:
    """Return the tensor of a parameter."""
    return data


# Replacements for the names in a file; every other name becomes an Inert.
KNOWN: dict[tuple[str, str], Callable] = {
    ('collections', 'OrderedDict'): OrderedDict,
    ('torch', 'Size'): torch.Size,
    ('torch._utils', '_rebuild_tensor_v2'): tensor,
    ('torch._utils', '_rebuild_parameter'): parameter,
}


class Unpickler(pickle._Unpickler):
    """Unpickler described in the module; PyTorch's subclass loads the storages.

    Args:
        file (IO[bytes]): A seekable file.
        **kwargs (Any): The arguments of :class:`pickle.Unpickler`.

    Attributes:
        known (dict): Replacements for the names in a file.
    """

    known = KNOWN

    def __init__(self, file: IO[bytes], **kwargs: Any) -> None:
        super().__init__(_Bounded(file), **kwargs)

    def load(self) -> Any:
        """Load one object.

        Raises:
            UnpicklingError: If the file is damaged or malicious.
        """
        try:
            return super().load()
        except (EOFError, OSError, pickle.UnpicklingError):
            raise
        except Exception as error:  # a damaged file can raise any error
            raise pickle.UnpicklingError(f'{type(error).__name__}: {error}') from error

    def find_class(self, module: str, name: str) -> Callable | Inert:
        """Return the replacement for a name in the file; nothing is imported."""
        return self.known.get((module, name)) or Inert()

    def get_extension(self, code: int) -> None:
        """Append an Inert for a type that is registered by number."""
        self.append(Inert())

    def persistent_load(self, pid: Any) -> Any:
        """Raise an error; PyTorch's subclass overrides this to load storages."""
        raise pickle.UnpicklingError('a reference to something outside the pickle')

    def _instantiate(self, klass: Any, args: Sequence) -> None:
        self.append(self._call(klass, args))

    def _reduce(self) -> None:
        args, function = self.stack.pop(), self.stack.pop()
        self.append(self._call(function, args))

    def _newobj_ex(self) -> None:
        self.stack.pop()  # keyword arguments; no replacement takes any
        self._reduce()

    def _build(self) -> None:
        self.stack.pop()  # attributes; no replacement needs any

    def _setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._update([key, value])

    def _setitems(self) -> None:
        self._update(self.pop_mark())

    def _update(self, items: list) -> None:
        target = self.stack[-1]
        if type(target) in (dict, OrderedDict):
            target.update(zip(items[::2], items[1::2], strict=True))
        elif not isinstance(target, Inert):
            raise pickle.UnpicklingError('an item for an object without items')

    def _call(self, function: Any, args: Sequence) -> Any:
        if isinstance(function, Inert):
            return Inert()
        if not any(function is known for known in self.known.values()):
            raise pickle.UnpicklingError('a call of an object that is not a function')
        return function(*args)

    # The operations that call a function or change an object.
    dispatch = pickle._Unpickler.dispatch | {
        pickle.REDUCE[0]: _reduce,
        pickle.NEWOBJ[0]: _reduce,
        pickle.NEWOBJ_EX[0]: _newobj_ex,
        pickle.BUILD[0]: _build,
        pickle.SETITEM[0]: _setitem,
        pickle.SETITEMS[0]: _setitems,
    }


class _Bounded:
    """File that raises an error when more bytes are read than are left."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.readline = file.readline
        here = file.tell()
        self.end = file.seek(0, 2)
        file.seek(here)

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        if size > self.end - self.file.tell():
            raise pickle.UnpicklingError('pickle data was truncated')
        return self.file.read(size)


def load(file: IO[bytes], **kwargs: Any) -> Any:
    """Load one object, as :func:`pickle.load` does."""
    return Unpickler(file, **kwargs).load()
