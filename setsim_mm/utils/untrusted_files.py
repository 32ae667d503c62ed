"""Load checkpoints from untrusted sources."""

import os
import pickle
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from . import array_pickle, inert_pickle
from .errors import UserError
from .weight_files import PICKLE, SAFETENSORS, has_suffix, read_safetensors

ZIP = b'PK\x03\x04'
# The largest ratio of unpacked to packed bytes; torch.save does not compress.
MOST_COMPRESSED = 16
# A tensor up to this size may exceed the file: some models expand a number to a table.
SMALL = 2**20  # bytes


def read_untrusted(
    path: str | os.PathLike, memory_mapped: bool = False, all_of_it: bool = False
) -> Any:
    """Load a checkpoint to the CPU without running code from it.

    Args:
        path (str | os.PathLike): Any file.
        memory_mapped (bool): Whether the tensors stay on the disk until they are used.
            Defaults to False.
        all_of_it (bool): Whether to raise an error for objects that PyTorch's safe
            unpickler does not load. Defaults to False, which replaces them by an
            :class:`~.inert_pickle.Inert`.

    Returns:
        Any: The content of the file.

    Raises:
        UnpicklingError: If the file is damaged, is no checkpoint, or declares tensors
            that are larger than the file.
        OSError: If the file cannot be read.
        UserError: If the library for this format is not installed.
    """
    try:
        size = _size_of_content(path)
        content = _read(path, memory_mapped, all_of_it)
        _check_sizes(content, size)
    except (OSError, UserError, pickle.UnpicklingError):
        raise
    except Exception as error:  # a damaged file can raise any error
        raise pickle.UnpicklingError(str(error) or type(error).__name__) from error
    return content


def damage_of(path: str | os.PathLike) -> str | None:
    """Check the content of a checkpoint against its checksums.

    PyTorch writes a CRC32 for each tensor but does not check it on loading. Files in
    its format before 1.6 have no checksums.

    Returns:
        str | None: A description of the damage; None if no damage was found.
    """
    if not is_zip(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except Exception as error:  # a damaged file can raise any error
        return str(error) or type(error).__name__
    return None if bad is None else f'{bad} does not match its checksum'


def is_zip(path: str | os.PathLike) -> bool:
    """Return whether a file has PyTorch's format since 1.6, by its first bytes."""
    with open(path, 'rb') as file:
        return file.read(len(ZIP)) == ZIP


def _size_of_content(path: str | os.PathLike) -> int:
    size = os.path.getsize(path)
    if not is_zip(path):
        return size
    with zipfile.ZipFile(path) as archive:
        content = sum(record.file_size for record in archive.infolist())
    if content > MOST_COMPRESSED * size:
        raise pickle.UnpicklingError(f'{size} bytes would unpack to {content}')
    return content


def _read(path: str | os.PathLike, memory_mapped: bool, all_of_it: bool) -> Any:
    if has_suffix(path, SAFETENSORS):
        return read_safetensors(path)
    if has_suffix(path, PICKLE) and not is_zip(path):
        content = array_pickle.read(path)
        # PyTorch's format before 1.6 begins with a number.
        if isinstance(content, dict):
            return content
    # Files in the format before 1.6 cannot be memory-mapped.
    how = dict(map_location='cpu', mmap=memory_mapped and is_zip(path))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # about the pickle protocol
        try:
            return torch.load(path, weights_only=True, **how)
        except pickle.UnpicklingError as error:
            if all_of_it:
                raise pickle.UnpicklingError(
                    'it holds objects that are not loaded because they could run code'
                ) from error
            # Often the log history of mmengine, which is not needed here. The
            # protection stays: inert_pickle runs no code either.
            how['pickle_module'] = inert_pickle
            return torch.load(path, weights_only=False, **how)


def _check_sizes(content: Any, size: int) -> None:
    """Raise an error if tensors are larger than the content of their file."""
    storages = {}
    for tensor in _tensors_in(content):
        if tensor.device.type != 'cpu' or tensor.layout != torch.strided:
            raise pickle.UnpicklingError('a tensor that is not a dense CPU tensor')
        if tensor.numel() * tensor.itemsize > max(size, SMALL):
            raise pickle.UnpicklingError('a tensor that is larger than the file')
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
    if sum(storages.values()) > size:
        raise pickle.UnpicklingError('tensors that are larger than the file')


def _tensors_in(content: Any) -> Iterator[Tensor]:
    """Yield all tensors; each container is visited once."""
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
    """Remove attributes from a file that would hide methods such as ``items``."""
    for name in vars(state).keys() - {'_metadata'}:
        delattr(state, name)
