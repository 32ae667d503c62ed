"""A warning for VOC's XML files without the field ``difficult``."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from setsim_mm.transfer.empty_data import build_dataset

from ..logged_messages import logged_messages
from .damage import coco_config, voc_config, write_coco
from .tiny_voc import write_tiny_voc

pytestmark = pytest.mark.usefixtures('scope')


@pytest.fixture
def logged() -> Iterator[list[str]]:
    with logged_messages(logging.WARNING) as messages:
        yield messages


def remove_field(data: Path, name: str) -> Path:
    path = data / 'VOCdevkit' / 'VOC2007' / 'Annotations' / f'{name}.xml'
    text, number = re.subn('<difficult>.</difficult>', '', path.read_text())
    assert number == 2
    path.write_text(text)
    return path


def test_an_evaluation_warns_and_counts_the_objects(tmp_path, logged):
    data = write_tiny_voc(tmp_path)
    path = remove_field(data, 'b')  # of `a` and `b`; its cat was difficult
    config = voc_config(data, metainfo=dict(classes=('cat', 'dog')), test_mode=True)

    dataset = build_dataset(config)

    (sentence,) = logged
    assert 'VOC2007/ImageSets/Main/trainval.txt' in sentence
    assert '2 objects' in sentence and str(path) in sentence
    instances = dataset.get_data_info(1)['instances']
    assert [instance['ignore_flag'] for instance in instances] == [0, 0]


def test_no_warning_if_the_field_is_not_read(tmp_path, logged):
    data = write_tiny_voc(tmp_path)
    classes = dict(classes=('cat', 'dog'))
    build_dataset(voc_config(data, metainfo=classes, test_mode=True))
    build_dataset(coco_config(write_coco(tmp_path / 'coco'), test_mode=True))
    remove_field(data, 'b')
    build_dataset(voc_config(data, metainfo=classes))  # for training
    assert logged == []
