import shutil

import pytest

from setsim_mm.transfer.layouts import LAYOUTS, check_datasets, require_dataset
from setsim_mm.utils import UserError


def test_toy_data_are_usable(toy_data):
    reports = list(check_datasets(toy_data.root))
    assert [report.name for report in reports] == list(LAYOUTS)
    for report in reports:
        assert report.problems == []
        require_dataset(report.name, toy_data.root)


def test_images_of_each_part_are_counted(toy_data):
    images = {report.name: report.images for report in check_datasets(toy_data.root)}
    train, val = toy_data.num_train, toy_data.num_val
    # COCO has scenes and people.
    both = {'train2017': (2 * train, 118287), 'val2017': (2 * val, 5000)}
    assert images['coco'] == images['coco_kp'] == both
    assert images['voc_seg']['train'] == (train // 2, 1464)
    assert images['voc_seg']['aug'] == (train // 2, 9118)
    assert images['voc_det']['trainval2012'] == (train + val, 11540)
    assert images['imagenet']['train'] == (6 * train, 1281167)
    (report,) = check_datasets(toy_data.root, ['coco'])
    assert str(report).splitlines() == [
        'coco: usable',
        '  train2017: 16 images (the original has 118,287)',
        '  val2017: 8 images (the original has 5,000)',
    ]


def test_an_unusable_data_set_is_an_error_with_path_number_and_remedy(data_root):
    (data_root / 'coco/val2017/000000000009.jpg').unlink()
    with pytest.raises(UserError) as raised:
        require_dataset('coco', data_root)
    for fact in (
        f'{data_root}/coco/val2017',
        '1 of the 4 images',
        'coco/annotations/instances_val2017.json',
        '000000000009.jpg',
        'cocodataset.org',
    ):
        assert fact in str(raised.value)
    assert '\n' not in str(raised.value)
    shutil.rmtree(data_root / 'coco/train2017')
    with pytest.raises(UserError, match=r'1 more: `python \S+/check_datasets.py '):
        require_dataset('coco', data_root)


def test_other_data_sets_are_not_checked(data_root):
    shutil.rmtree(data_root / 'coco')
    require_dataset('voc_det', data_root)
    with pytest.raises(UserError, match=f'{data_root}/coco'):
        require_dataset('coco', data_root)


def test_the_error_for_an_unknown_name_lists_the_names(toy_data):
    with pytest.raises(UserError, match=r"'voc'.*voc_det, voc_seg"):
        require_dataset('voc', toy_data.root)


@pytest.mark.parametrize('name', ['nothing', 'file'])
def test_a_data_root_that_is_no_folder_is_an_error(tmp_path, name):
    (tmp_path / 'file').touch()
    with pytest.raises(UserError, match=f'{tmp_path}/{name}'):
        require_dataset('coco', tmp_path / name)
