"""A pickle reader that builds tensors and plain containers, and nothing else.

For ``torch.load(..., pickle_module=inert_pickle)``. Checkpoints of plain mmengine and
of other projects hold, beside the weights, objects that PyTorch's safe reader refuses
the whole file for. Here an :class:`Inert` takes the place of each of them: no code of
the file's choice runs, and the weights can be read all the same.

It is derived from Python's reader in Python. The one in C allocates any size that a
file names before it looks whether the file is that long.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import IO, Any

import torch
from torch import Tensor
from torch.storage import TypedStorage


class Inert:
    """In place of a function, a class or an object; takes whatever it is given."""

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
    """Create a tensor, in place of PyTorch's function, without gradient and hooks.

    Args:
        storage (TypedStorage): Its numbers.
        offset (int): Where they begin.
        size (Sequence[int]): Its shape.
        stride (Sequence[int]): Numbers from one element to the next, by dimension.
        *rest (Any): Ignored.

    Returns:
        Tensor: Of the shape ``size``.

    Raises:
        UnpicklingError: If it reaches beyond its storage, which PyTorch would enlarge.
    """
    reach = sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 not in size and offset + reach >= storage._size():
        raise pickle.UnpicklingError('a tensor that is larger than its content')
    return torch._utils._rebuild_tensor(storage, offset, size, stride)


def parameter(data: Tensor, *rest: Any) -> Tensor:
    """Return the tensor of a parameter."""
    return data


# What takes the place of what a file names; everything else is inert.
KNOWN: dict[tuple[str, str], Callable] = {
    ('collections', 'OrderedDict'): OrderedDict,
    ('torch', 'Size'): torch.Size,
    ('torch._utils', '_rebuild_tensor_v2'): tensor,
    ('torch._utils', '_rebuild_parameter'): parameter,
}


class Unpickler(pickle._Unpickler):
    """See the module. PyTorch adds the storages of tensors in a subclass.

    Args:
        file (IO[bytes]): Where to read from; it can be sought in.
        **kwargs (Any): The arguments of :class:`pickle.Unpickler`.
    """

    def __init__(self, file: IO[bytes], **kwargs: Any) -> None:
        super().__init__(_Bounded(file), **kwargs)

    def load(self) -> Any:
        """Read one object.

        Raises:
            UnpicklingError: If the file is damaged, or made to break its reader.
        """
        try:
            return super().load()
        except (EOFError, OSError, pickle.UnpicklingError):
            raise
        except Exception as error:  # a broken stream leads to any
            raise pickle.UnpicklingError(f'{type(error).__name__}: {error}') from error

    def find_class(self, module: str, name: str) -> Callable | Inert:
        """Return what takes the place of what the file names. Nothing is imported."""
        return KNOWN.get((module, name)) or Inert()

    def get_extension(self, code: int) -> None:
        """Take no notice of what programs have registered by a number."""
        self.append(Inert())

    def persistent_load(self, pid: Any) -> Any:
        """Raise an error: only PyTorch's subclasses know what is stored elsewhere."""
        raise pickle.UnpicklingError('a reference to something outside the pickle')

    def _instantiate(self, klass: Any, args: Sequence) -> None:
        self.append(_call(klass, args))

    def _reduce(self) -> None:
        args, function = self.stack.pop(), self.stack.pop()
        self.append(_call(function, args))

    def _newobj_ex(self) -> None:
        self.stack.pop()  # keyword arguments, which nothing that is known takes
        self._reduce()

    def _build(self) -> None:
        self.stack.pop()  # attributes, which nothing that is known needs

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
            raise pickle.UnpicklingError('an item for something that takes none')

    # The operations that call, or change what is there.
    dispatch = pickle._Unpickler.dispatch | {
        pickle.REDUCE[0]: _reduce,
        pickle.NEWOBJ[0]: _reduce,
        pickle.NEWOBJ_EX[0]: _newobj_ex,
        pickle.BUILD[0]: _build,
        pickle.SETITEM[0]: _setitem,
        pickle.SETITEMS[0]: _setitems,
    }


def _call(function: Any, args: Sequence) -> Any:
    if isinstance(function, Inert):
        return Inert()
    if not any(function is known for known in KNOWN.values()):
        raise pickle.UnpicklingError('a call of something that is no function')
    return function(*args)


class _Bounded:
    """A file that is never asked for more bytes than it has left."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.readline = file.readline
        here = file.tell()
        self.end = file.seek(0, 2)
        file.seek(here)

    def read(self, size: int) -> bytes:
        """Read so many bytes."""
        if size > self.end - self.file.tell():
            raise pickle.UnpicklingError('pickle data was truncated')
        return self.file.read(size)


def load(file: IO[bytes], **kwargs: Any) -> Any:
    """Read one object, as :func:`pickle.load` does."""
    return Unpickler(file, **kwargs).load()
