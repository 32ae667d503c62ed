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
# How data sets of mmengine and of its hosts call the path of an image, and its folder.
PATHS = ('img_path', 'img')
# Images packed into few files: tar://FOLDER/000003.tar?512+9000#n01/a.JPEG.
PACKED = ('tar://', 'lmdb://')


def fingerprint_of(dataset: Any) -> dict[str, Any] | None:
    """Compute a fingerprint of a data set without reading its images.

    A moved folder keeps its fingerprint, because names count from the folder of the
    images, and so does a folder that was packed. Sizes are those of at most 4,096
    images at even distances: asking a network disk for a million takes minutes. An
    image that is exchanged for another one of the same name and size is not noticed.

    Args:
        dataset (Any): A data set of mmengine, or a wrapper of one or several.

    Returns:
        dict[str, Any] | None: ``samples``, their number; ``names``, the SHA-256 of all
        names in their order; ``sizes``, a dictionary with the number of ``images``
        that were looked at, the sum of their ``bytes`` and the ``sha256`` of the list
        of their sizes. ``names`` and ``sizes`` are None if they are not known, and the
        whole is if there is no data set or it has no length.
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
    chosen = []

    def names() -> Iterator[str]:
        pairs = chain.from_iterable(map(_paths_and_names, parts))
        for i, (path, name) in enumerate(pairs):
            if i in places:
                chosen.append(path)
            yield name

    return dict(samples=samples, names=_digest(names()), sizes=_sizes(chosen))


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
    return len(dataset) > 0 and _path_in(dataset.get_data_info(0)) != ''


def _path_in(info: dict[str, Any]) -> str:
    paths = (info.get(key) for key in PATHS)
    return next((path for path in paths if isinstance(path, str)), '')


def _paths_and_names(dataset: BaseDataset) -> Iterator[tuple[str, str]]:
    """Yield the path of every image, and the path from the folder of the images."""
    folders = [dataset.data_prefix.get(key) for key in PATHS] + [dataset.data_root]
    folders = [os.path.join(folder, '') for folder in folders if folder]
    for path in map(_path_in, _infos(dataset)):
        scheme = next((scheme for scheme in PACKED if path.startswith(scheme)), '')
        name = path[len(scheme) :]
        start = next((folder for folder in folders if name.startswith(folder)), '')
        name = name[len(start) :]
        yield path, name.partition('#')[2] if scheme else name


def _infos(dataset: BaseDataset) -> Iterable[dict[str, Any]]:
    """Return what is known of every image; of a million within seconds."""
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
        sha256=_digest(map(str, sizes)),
    )


def _size(path: str) -> int | None:
    """Return the size of an image in bytes; None if it is missing or not known."""
    try:
        if path.startswith(PACKED):
            return get_file_backend(path, enable_singleton=True).size(path)
        return os.stat(path).st_size
    except OSError:
        return None


def _digest(texts: Iterable[str]) -> str:
    content = hashlib.sha256()
    for text in texts:
        content.update(text.encode(errors='surrogateescape') + b'\0')
    return content.hexdigest()
