"""Reading a checkpoint that anybody may have made."""

import os
import pickle
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

# Imported for what it does: torch.load reads mmengine's checkpoints from then on.
import setsim_mm.compat  # noqa: F401

from . import inert_pickle

ZIP = b'PK\x03\x04'
# torch.save does not compress. What somebody has compressed may unpack to so much.
MOST_COMPRESSED = 16
# Some models keep a number that is expanded to a table.
SMALL = 2**20  # bytes


def read_untrusted(
    path: str | os.PathLike, memory_mapped: bool = False, all_of_it: bool = False
) -> Any:
    """Read a checkpoint to the CPU without running anything that is in it.

    Args:
        path (str | os.PathLike): A file that :func:`torch.save` wrote, or not.
        memory_mapped (bool): Whether the tensors stay on the disk until they are used.
            Defaults to False.
        all_of_it (bool): Whether to raise an error where the file holds objects of
            other types than PyTorch's safe reader knows. Defaults to False.

    Returns:
        Any: What the file holds. Where it holds objects of other types than PyTorch's
        safe reader knows, there is an :class:`~.inert_pickle.Inert` in their place.

    Raises:
        UnpicklingError: If the file is damaged, is no checkpoint, or claims to hold
            more than fits into it.
        OSError: If it cannot be read.
    """
    try:
        size = _size_of_content(path)
        content = _read(path, memory_mapped, all_of_it)
        _check_sizes(content, size)
    except (OSError, pickle.UnpicklingError):
        raise
    except Exception as error:  # damaged bytes lead to any
        raise pickle.UnpicklingError(str(error) or type(error).__name__) from error
    return content


def damage_of(path: str | os.PathLike) -> str | None:
    """Check the content of a checkpoint against its checksums.

    PyTorch writes a CRC32 beside each tensor but does not check it on loading. Files
    in its format before 1.6 have no checksums.

    Args:
        path (str | os.PathLike): A file that :func:`torch.save` wrote.

    Returns:
        str | None: What is wrong; None if nothing is known to be.
    """
    if not is_zip(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except Exception as error:  # damaged bytes lead to any
        return str(error) or type(error).__name__
    return None if bad is None else f'{bad} does not match its checksum'


def is_zip(path: str | os.PathLike) -> bool:
    """Whether a file is in PyTorch's format since 1.6, by its first bytes."""
    with open(path, 'rb') as file:
        return file.read(len(ZIP)) == ZIP


def _size_of_content(path: str | os.PathLike) -> int:
    size = os.path.getsize(path)
    if not is_zip(path):
        return size
    with zipfile.ZipFile(path) as archive:
        content = sum(record.file_size for record in archive.infolist())
    if content > MOST_COMPRESSED * size:
        raise pickle.UnpicklingError(f'{size} bytes claim to unpack to {content}')
    return content


def _read(path: str | os.PathLike, memory_mapped: bool, all_of_it: bool) -> Any:
    # Files in the format before 1.6 cannot be mapped.
    how = dict(map_location='cpu', mmap=memory_mapped and is_zip(path))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of other versions of pickle
        try:
            return torch.load(path, weights_only=True, **how)
        except pickle.UnpicklingError as error:
            if all_of_it:
                raise pickle.UnpicklingError(
                    'it holds objects that are not loaded, for they could run code'
                ) from error
            # Perhaps only the log history of plain mmengine, which nobody needs here.
            # This is no way around the protection: inert_pickle runs nothing either.
            how['pickle_module'] = inert_pickle
            return torch.load(path, weights_only=False, **how)


def _check_sizes(content: Any, size: int) -> None:
    """Raise an error if tensors are larger than the file that they come from."""
    storages = {}
    for tensor in _tensors_in(content):
        if tensor.device.type != 'cpu' or tensor.layout != torch.strided:
            raise pickle.UnpicklingError('a tensor that no training saves')
        if tensor.numel() * tensor.itemsize > max(size, SMALL):
            raise pickle.UnpicklingError('a tensor that is larger than the file')
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
    if sum(storages.values()) > size:
        raise pickle.UnpicklingError('tensors that are larger than the file')


def _tensors_in(content: Any) -> Iterator[Tensor]:
    """Yield all tensors; each container is entered once, however often it is named."""
    seen, todo = set(), [content]
    while todo:
        value = todo.pop()
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, dict | list | tuple | set) and id(value) not in seen:
            seen.add(id(value))
            todo += value.values() if isinstance(value, dict) else value
            if isinstance(value, OrderedDict):
                _drop_attributes(value)


def _drop_attributes(state: OrderedDict) -> None:
    """Remove what a file has put in the way of methods such as ``items``."""
    for name in vars(state).keys() - {'_metadata'}:
        delattr(state, name)
