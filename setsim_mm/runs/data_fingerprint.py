"""A fingerprint of a data set: which images, in which order, of which sizes."""

import hashlib
import os
import pickle
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Any

from mmengine.dataset import BaseDataset
from mmengine.fileio import get_file_backend

MOST_SIZES = 4096
# Keys of an image's path and of its folder in data sets of mmengine and its hosts.
PATHS = ('img_path', 'img')
# Key of the second image of a pair (setsim_mm.datasets.SemanticPositivePairs).
SECOND_PATH = 'positive_path'
# Images packed into a few files: tar://FOLDER/000003.tar?512+9000#n01/a.JPEG.
PACKED = ('tar://', 'lmdb://')


def fingerprint_of(dataset: Any) -> dict[str, Any] | None:
    """Compute a fingerprint of a data set without reading its images.

    Names are relative to the folder of the images, so that a moved or packed folder
    keeps its fingerprint. Sizes are those of at most 4,096 images at even distances,
    because reading a million from a network disk takes minutes. An image that is
    replaced by another one of the same name and size is not noticed.

    Args:
        dataset (Any): A data set of mmengine, or a wrapper of one or several.

    Returns:
        dict[str, Any] | None: ``samples``, their number; ``names``, the SHA-256 of all
        names in their order; ``sizes``, a dictionary with the number of ``images``
        whose sizes were read, the sum of their ``bytes`` and the ``sha256`` of the
        list of sizes. ``names`` and ``sizes`` are None if they are not known. None
        without a data set, or for one without a length.
    """
    try:
        samples = len(dataset)
    except TypeError:
        return None
    parts = list(_base_datasets(dataset))
    if not all(_has_paths(part) for part in parts):
        return dict(samples=samples, names=None, sizes=None)
    images = sum(map(len, parts))
    number = min(images, MOST_SIZES)
    places = {i * images // number for i in range(number)}
    names, chosen = hashlib.sha256(), []
    for i, (path, name) in enumerate(chain.from_iterable(map(_paths, parts))):
        names.update(name.encode(errors='surrogateescape') + b'\0')
        if i in places:
            chosen.append(path)
    return dict(samples=samples, names=names.hexdigest(), sizes=_sizes(chosen))


def _base_datasets(dataset: Any) -> Iterator[Any]:
    """Yield the data sets that wrappers such as ``ConcatDataset`` hold."""
    if isinstance(dataset, BaseDataset):
        yield dataset
    elif hasattr(dataset, 'datasets'):
        for part in dataset.datasets:
            yield from _base_datasets(part)
    elif hasattr(dataset, 'dataset'):
        yield from _base_datasets(dataset.dataset)
    else:
        yield dataset


def _has_paths(dataset: Any) -> bool:
    if not isinstance(dataset, BaseDataset):
        return False
    dataset.full_init()
    return len(dataset) > 0 and _path_key(dataset.get_data_info(0)) is not None


def _path_key(info: dict[str, Any]) -> str | None:
    return next((key for key in PATHS if isinstance(info.get(key), str)), None)


def _paths(dataset: BaseDataset) -> Iterator[tuple[str, str]]:
    """Yield the path of every image, and the part relative to the images' folder."""
    key = _path_key(dataset.get_data_info(0))
    folders = [dataset.data_prefix.get(key) for key in PATHS] + [dataset.data_root]
    starts = [os.path.join(folder, '') for folder in folders if folder]
    starts += [scheme + start for scheme in PACKED for start in starts]
    for info in _infos(dataset):
        path, second = info.get(key) or '', info.get(SECOND_PATH)
        name = _name(path, starts)
        yield path, name if second is None else f'{name}\0{_name(second, starts)}'


def _name(path: str, starts: list[str]) -> str:
    """Return the part of a path that is relative to the images' folder."""
    name = path
    for start in starts:
        if path.startswith(start):
            name = path[len(start) :]
            break
    # In a packed folder, the part before it is the place of the image.
    return name.partition('#')[2] if path.startswith(PACKED) else name


def _infos(dataset: BaseDataset) -> Iterable[dict[str, Any]]:
    """Return the information on every image, within seconds for a million."""
    if type(dataset).get_data_info is not BaseDataset.get_data_info:
        return map(dataset.get_data_info, range(len(dataset)))
    if not dataset.serialize_data:
        return dataset.data_list
    # As get_data_info does, but without a copy of each array of bytes.
    content = memoryview(dataset.data_bytes)
    ends = pairwise([0, *dataset.data_address.tolist()])
    return (pickle.loads(content[start:end]) for start, end in ends)


def _sizes(paths: list[str]) -> dict[str, Any] | None:
    sizes = [_size(path) for path in paths]
    if all(size is None for size in sizes):
        return None
    return dict(
        images=len(sizes),
        bytes=sum(size or 0 for size in sizes),
        sha256=hashlib.sha256(str(sizes).encode()).hexdigest(),
    )


def _size(path: str) -> int | None:
    """Return the size of an image in bytes; None if it is missing."""
    try:
        if path.startswith(PACKED):
            return get_file_backend(path, enable_singleton=True).size(path)
        return os.stat(path).st_size
    except OSError:
        return None
