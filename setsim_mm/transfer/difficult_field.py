"""A warning for objects in VOC's XML files that lack the field ``difficult``."""

import logging
import xml.etree.ElementTree as ET

from mmengine import fileio
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from .named_files import describe


def warn_if_difficult_is_missing(dataset: BaseDataset) -> None:
    """Log a warning if an evaluation reads objects without the field ``difficult``.

    detectron2 reads the field in evaluations only and fails without it. mmdet counts
    such an object as an object to be found. This is correct if no object is difficult.

    Args:
        dataset (BaseDataset): A data set that reads files. Data sets that do not read
            VOC's XML, and training data, are not checked.
    """
    if not dataset.test_mode or not hasattr(dataset, 'ann_subdir'):
        return
    number, first = 0, ''
    for index in range(len(dataset)):
        path = dataset.get_data_info(index)['xml_path']
        text = fileio.get(path, backend_args=dataset.backend_args)
        objects = ET.fromstring(text).iter('object')
        lacking = sum(item.find('difficult') is None for item in objects)
        first = first or (path if lacking else '')
        number += lacking
    if number:
        print_log(
            f'{describe(dataset)} has {number} objects without the field '
            f'<difficult>, such as in {first!r}: they count as objects to be found. '
            'Mark those that should not count with <difficult>1</difficult>.',
            logger='current',
            level=logging.WARNING,
        )
