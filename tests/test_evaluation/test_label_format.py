"""The meaning of the values in label images."""

import numpy as np
import pytest
from PIL import Image

from setsim_mm.evaluation.label_format import LabelFormat
from setsim_mm.utils import UserError


def written(path, values, mode=None):
    image = Image.fromarray(np.array(values, dtype=np.uint8), mode=mode)
    if mode == 'P':
        image.putpalette([10, 20, 30] * 256)
    image.save(path)
    return str(path)


@pytest.mark.parametrize('mode', [None, 'P'], ids=['grey', 'palette'])
def test_values_are_classes(tmp_path, mode):
    path = written(tmp_path / 'a.png', [[0, 1], [2, 255]], mode)
    assert LabelFormat(3).load(path).tolist() == [[0, 1], [2, 255]]


def test_ignored_value_may_be_below_the_classes(tmp_path):
    path = written(tmp_path / 'a.png', [[0, 1, 2]])
    assert LabelFormat(3, ignored=0).load(path).tolist() == [[255, 1, 2]]


def test_values_that_are_no_class(tmp_path):
    path = written(tmp_path / 'a.png', [[0, 3, 11]])
    with pytest.raises(UserError, match=r'\[3, 11\].* 2 classes'):
        LabelFormat(2).load(path)


def test_several_channels(tmp_path):
    Image.new('RGB', (4, 4)).save(tmp_path / 'label.png')
    with pytest.raises(UserError, match=r'\(4, 4, 3\)'):
        LabelFormat(2).load(str(tmp_path / 'label.png'))


def test_a_damaged_file(tmp_path):
    path = written(tmp_path / 'a.png', np.arange(64).reshape(8, 8))
    whole = (tmp_path / 'a.png').read_bytes()
    (tmp_path / 'a.png').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r'a\.png'):
        LabelFormat(64).load(path)


@pytest.mark.parametrize('reduce_zero_label', [False, True])
@pytest.mark.parametrize('label_map', [None, {0: 1, 1: 255, 2: 0}])
def test_the_same_classes_as_in_mmseg(tmp_path, reduce_zero_label, label_map):
    from mmseg.datasets.transforms.loading import LoadAnnotations

    values = [[0, 1, 2, 255, 255], [0, 1, 2, 3 * reduce_zero_label, 255]]
    path = written(tmp_path / 'a.png', values)
    results = dict(
        seg_map_path=path,
        reduce_zero_label=reduce_zero_label,
        label_map=label_map,
        seg_fields=[],
    )
    LoadAnnotations()._load_seg_map(results)
    found = LabelFormat(
        3, reduce_zero_label=reduce_zero_label, label_map=label_map
    ).load(path)
    assert found.tolist() == results['gt_seg_map'].tolist()
