"""The files that a data set of mmdet or mmseg names, and checks of them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from mmengine import fileio
from mmengine.dataset import BaseDataset

from setsim_mm.datasets import UnreadableImageError, load_decoded
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import printable

from .layouts.data_root import sample_evenly

NUM_LOOKED_FOR = 16  # files of which at least one must exist
NUM_LISTED = 10000  # files of a folder whose suffixes are read


class NamedFile(NamedTuple):
    """A file that a data set names.

    Args:
        path: The file.
        is_label: Whether it is a label image.
        backend_args: Argument of ``mmengine.fileio.get``. With None, the path decides
            where the file is, usually on the local disk.
    """

    path: str
    is_label: bool
    backend_args: dict | None

    def check(self) -> None:
        """Decode the file strictly.

        Raises:
            UnreadableImageError: If PIL cannot read it without an error, or if OpenCV,
                which loads the images of mmdet and mmseg, cannot read it.
        """
        load_decoded(self.path, self.backend_args)
        # PIL reads a PNG file that lacks its last bytes; OpenCV does not.
        if not self.is_label and not _opencv_reads(self.path, self.backend_args):
            raise UnreadableImageError(
                f'OpenCV cannot read the image {printable(self.path)}'
            )


def files_of(dataset: BaseDataset, idx: int) -> Iterator[NamedFile]:
    """Yield the files that are read for a sample: the image and any label image.

    Args:
        dataset: A data set of mmdet or mmseg, or one that wraps others.
        idx: Index of the sample.
    """
    info = dataset.get_data_info(idx)
    backend_args = getattr(dataset, 'backend_args', None)
    for key, is_read in (('img_path', True), ('seg_map_path', _reads_labels(dataset))):
        if is_read and isinstance(info.get(key), str):
            yield NamedFile(info[key], key == 'seg_map_path', backend_args)


def require_files(dataset: BaseDataset) -> None:
    """Raise an error if all of some files are missing.

    This finds a wrong folder or suffix. Single missing files are found when they are
    read.

    Args:
        dataset: A data set that reads files, with at least one sample.

    Raises:
        UserError: With the missing name and the suffixes in the folder.
    """
    some = sample_evenly(range(len(dataset)), NUM_LOOKED_FOR)
    named = [file for idx in some for file in files_of(dataset, idx)]
    for kind, is_label in (('images', False), ('label images', True)):
        files = [file for file in named if file.is_label == is_label]
        if files and not any(fileio.exists(f.path, f.backend_args) for f in files):
            folder, name = os.path.split(files[0].path)
            raise UserError(
                f'none of the {kind} that {describe(dataset)} names can be found, such '
                f'as {name!r} in the folder {folder!r}, which {content_of(folder)}: '
                f'correct data_root, data_prefix or '
                f'{_suffix_setting(dataset, is_label)}.'
            )


def require_inside(dataset: BaseDataset) -> None:
    """Raise an error if a file is outside of the folders that the config names.

    Paths are compared without following links, so links in the folders are allowed.

    Args:
        dataset: A data set that reads files.

    Raises:
        UserError: With the first such path.
    """
    folders = [f for f in (dataset.data_root, *dataset.data_prefix.values()) if f]
    roots = tuple(os.path.join(os.path.abspath(folder), '') for folder in folders)
    for idx in range(len(dataset) if roots else 0):
        for path, _, _ in files_of(dataset, idx):
            if '://' not in path and not os.path.abspath(path).startswith(roots):
                raise UserError(
                    f'{describe(dataset)} names the file {path!r}, which is outside '
                    f'of the data root {folders[0]!r}: correct that entry, or allow '
                    'such files with --cfg-options allow_paths_outside=True.'
                )


def describe(dataset: BaseDataset) -> str:
    """Return a data set's type and place for a message."""
    place = dataset.ann_file or dataset.data_root or '.'
    return f'the {type(dataset).__name__} of {place!r}'


def content_of(folder: str) -> str:
    """Return a predicate on the suffixes of the files below a folder."""
    if not os.path.isdir(folder):
        return 'does not exist'
    examples: dict[str, str] = {}
    for number, path in enumerate(Path(folder).rglob('*')):
        if number == NUM_LISTED:
            break
        if path.is_file():
            examples.setdefault(path.suffix, path.name)
    if not examples:
        return 'holds no file'
    some = ', '.join(
        f'*{suffix} (such as {examples[suffix]!r})' for suffix in sorted(examples)[:5]
    )
    return f'holds {some}'


def _opencv_reads(path: str, backend_args: dict | None) -> bool:
    content = np.frombuffer(fileio.get(path, backend_args), np.uint8)
    try:
        return cv2.imdecode(content, cv2.IMREAD_COLOR) is not None
    except cv2.error:
        return False


def _reads_labels(dataset: BaseDataset) -> bool:
    """Return whether the pipeline reads label images; True if this is unknown."""
    pipeline = getattr(dataset, 'pipeline', None)
    transforms = getattr(pipeline, 'transforms', None)
    return transforms is None or any(getattr(t, 'with_seg', False) for t in transforms)


def _suffix_setting(dataset: BaseDataset, is_label: bool) -> str:
    """Return the name of the setting that decides the suffix of the files."""
    if is_label:
        return 'seg_map_suffix'
    if hasattr(dataset, 'img_suffix'):
        return 'img_suffix'
    if hasattr(dataset, 'ann_subdir'):
        return "the files (MMDetection's XML data sets read *.jpg only)"
    return 'the file names in the annotation file'
