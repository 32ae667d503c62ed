"""Errors for data sets without samples: what the config asks for, and what exists.

The error of mmengine is "need at least one array to concatenate".
"""

import os
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from mmengine.dataset import BaseDataset
from mmengine.fileio import load
from mmengine.registry import DATASETS

from setsim_mm.datasets.inner_datasets import inner_configs, inner_datasets
from setsim_mm.utils.errors import UserError

from .difficult_field import warn_if_difficult_is_missing
from .layouts.data_root import sample_evenly
from .named_files import content_of, describe, require_files, require_inside

NUM_PARSED = 200  # XML files whose objects are counted
NUM_NAMES = 10  # class names in a message


def build_dataset(dataset: dict, allow_paths_outside: bool = False) -> BaseDataset:
    """Build a data set of mmdet or mmseg and check that it can be used.

    Args:
        dataset: Its config; it may wrap others.
        allow_paths_outside: Whether its annotations may name files outside of the data
            root. Defaults to False.

    Returns:
        The data set, fully initialised.

    Raises:
        UserError: If it is empty, if all of its files are missing, if its annotations
            spell its classes differently, or if it names files outside of the data
            root.
    """
    try:
        built = DATASETS.build(dataset)
        built.full_init()
    except ValueError as error:
        sentence = explain_empty(dataset)
        if sentence is None:
            raise
        raise UserError(sentence) from error
    for part in inner_datasets(built):
        if len(part) == 0:  # mmengine raises no error if samples are not serialised
            raise UserError(explain_empty(dataset) or f'{describe(part)} is empty.')
        _require_spelling(part)
        require_files(part)
        if not allow_paths_outside:
            require_inside(part)
        warn_if_difficult_is_missing(part)
    return built


def explain_empty(dataset: dict) -> str | None:
    """Explain in one sentence why a data set has no sample.

    The data set is read again, so call this only after building it has failed.

    Args:
        dataset: Config of a data set of mmdet or mmseg, or of one that wraps others.

    Returns:
        What the config asks for and what exists; None if no data set in it is empty.
    """
    sentences = (_explain(config) for config in inner_configs(dataset))
    return next((sentence for sentence in sentences if sentence), None)


def _explain(config: dict) -> str | None:
    dataset = DATASETS.build(dict(config, lazy_init=True))
    samples = dataset.data_list = dataset.load_data_list()
    if not samples:
        return f'{describe(dataset)} is empty: {_why_no_sample(dataset)}.'
    if dataset.filter_data():
        return None
    return (
        f'{describe(dataset)} is empty, because filter_cfg removes all of its '
        f'{len(samples)} images{_why_removed(dataset, samples)}: correct '
        'metainfo.classes or filter_cfg of the data set.'
    )


def _why_no_sample(dataset: BaseDataset) -> str:
    if dataset.ann_file and os.path.isfile(dataset.ann_file):
        return 'the file names no image, so correct ann_file'
    images, labels = (
        dataset.data_prefix.get(key) for key in ('img_path', 'seg_map_path')
    )
    suffix = getattr(dataset, 'img_suffix', '')
    text = f'it reads *{suffix} in the folder {images!r}, which {content_of(images)}'
    if labels:
        text += f', and the folder of label images {labels!r} {content_of(labels)}'
    return f'{text}; correct img_suffix, data_root or data_prefix'


def _why_removed(dataset: BaseDataset, samples: Sequence[dict]) -> str:
    """Return why the filters of mmdet's data sets remove images."""
    reasons = []
    bare = sum(not sample.get('instances') for sample in samples)
    if bare and dataset.filter_cfg.get('filter_empty_gt'):
        asked = dataset.metainfo['classes']
        reasons.append(
            f'{bare} have no object of the classes asked for, '
            f'{_compare(asked, _annotated_classes(dataset, samples))}'
        )
    side = dataset.filter_cfg.get('min_size', 0)
    small = sum(
        min(s.get('width', side), s.get('height', side)) < side for s in samples
    )
    if small:
        reasons.append(f'{small} have a side of less than min_size={side} pixels')
    return f' ({"; ".join(reasons)})' if reasons else ''


def _annotated_classes(dataset: BaseDataset, samples: Sequence[dict]) -> list[str]:
    """Return the class names in the annotations: COCO's JSON or VOC's XML."""
    if hasattr(dataset, 'cat_ids'):
        categories = load(dataset.ann_file)['categories']
        return [str(category['name']) for category in categories]
    files = [sample['xml_path'] for sample in samples if 'xml_path' in sample]
    names: Counter = Counter()
    for file in sample_evenly(files, NUM_PARSED):
        names.update(str(o.findtext('name')) for o in ET.parse(file).iter('object'))
    return [name for name, _ in names.most_common()]


def _compare(asked: Sequence[str], annotated: Sequence[str]) -> str:
    """Return both lists of names, and a suggestion for the first that is missing."""
    text = f'{_listed(asked)}; the annotations name {_listed(annotated) or "none"}'
    by_spelling = {_spelling(name): name for name in annotated}
    for name in asked:
        close = get_close_matches(_spelling(name), by_spelling, 1)
        if name not in annotated and close:
            return f'{text}; did you mean {by_spelling[close[0]]!r}?'
    return text


def _require_spelling(dataset: BaseDataset) -> None:
    """Raise an error if COCO's JSON spells classes differently.

    mmdet drops the objects of classes that it does not find, and the labels of all
    later classes shift.
    """
    asked = dataset.metainfo.get('classes') or ()
    if not hasattr(dataset, 'cat_ids') or len(dataset.cat_ids) >= len(asked):
        return
    annotated = _annotated_classes(dataset, ())
    spellings = {_spelling(name) for name in set(annotated) - set(asked)}
    missing = [name for name in asked if name not in annotated]
    if len(missing) == len(asked) or any(_spelling(n) in spellings for n in missing):
        raise UserError(
            f'{describe(dataset)} lacks {len(missing)} of the classes asked for, '
            f'{_compare(missing, annotated)}: correct metainfo.classes or the file.'
        )


def _spelling(name: str) -> str:
    """Return a name's letters and digits in lower case."""
    return ''.join(char for char in name.casefold() if char.isalnum())


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    some = ', '.join(repr(name) for name in names[:NUM_NAMES])
    more = len(names) - NUM_NAMES
    return f'{some} and {more} more' if more > 0 else some
