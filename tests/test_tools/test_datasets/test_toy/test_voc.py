import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import maximum_filter, minimum_filter

from setsim_mm.transfer.layouts.class_names import VOC_CLASSES
from toy.files import voc_palette
from toy.voc import CLASS_OF_KIND, LABELS, voc_scenes

from .base_configs import base_config, build


@pytest.fixture(scope='module')
def scenes(toy_data):
    """The scenes of each list, in its order."""
    _, num_train, num_val, seed = toy_data
    training = voc_scenes(2012, 'trainval', num_train, seed)
    return {
        ('VOC2007', 'trainval'): voc_scenes(2007, 'trainval', num_train, seed),
        ('VOC2007', 'test'): voc_scenes(2007, 'test', num_val, seed),
        ('VOC2012', 'trainval'): training + voc_scenes(2012, 'val', num_val, seed),
        'train': training[: num_train // 2],
        'aug': training[num_train // 2 :],
        'val': voc_scenes(2012, 'val', num_val, seed),
    }


@pytest.fixture(scope='module')
def detection(toy_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp('config')
    return base_config('mmdet::_base_/datasets/voc0712.py', toy_data.root, folder)


@pytest.fixture(scope='module')
def segmentation(toy_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp('config')
    name = 'mmseg::_base_/datasets/pascal_voc12_aug.py'
    return base_config(name, toy_data.root, folder)


def assert_boxes_of(scenes, dataset):
    assert len(dataset) == len(scenes)
    for i, scene in enumerate(scenes):
        info = dataset.get_data_info(i)
        assert (info['width'], info['height']) == scene.size
        assert len(info['instances']) == len(scene.objects) > 0
        for instance, item in zip(info['instances'], scene.objects, strict=True):
            x1, y1, x2, y2 = item.box
            # MMDetection takes VOC's last pixel for the box's end.
            assert instance['bbox'] == [x1, y1, x2 - 1, y2 - 1]
            name = dataset.metainfo['classes'][instance['bbox_label']]
            assert name == CLASS_OF_KIND[item.kind]
            assert instance['ignore_flag'] == item.crowd


def test_mmdetection_trains_on_the_boxes_of_both_years(detection, scenes):
    dataset = build('mmdet', detection.train_dataloader.dataset)
    expected = scenes['VOC2007', 'trainval'] + scenes['VOC2012', 'trainval']
    assert len(dataset) == 3 * len(expected)  # RepeatDataset
    assert_boxes_of(expected, dataset.dataset)
    for i, scene in enumerate(expected):
        sample = dataset[i]['data_samples']
        crowds = sum(item.crowd for item in scene.objects)
        assert len(sample.ignored_instances) == crowds
        assert len(sample.gt_instances) == len(scene.objects) - crowds
    crowds = [item.crowd for scene in expected for item in scene.objects]
    assert 0 < sum(crowds) < len(crowds) / 2  # some are difficult


def test_mmdetection_evaluates_on_the_boxes_of_test2007(detection, scenes):
    dataset = build('mmdet', detection.val_dataloader.dataset)
    assert_boxes_of(scenes['VOC2007', 'test'], dataset)
    assert dataset[0]['inputs'].shape[0] == 3


def test_mmsegmentation_trains_on_both_kinds_of_masks(segmentation, scenes):
    dataset = build('mmseg', segmentation.train_dataloader.dataset)
    train, aug = dataset.datasets
    assert (len(train), len(aug)) == (len(scenes['train']), len(scenes['aug']))
    for i, scene in enumerate(scenes['aug']):
        with Image.open(aug.get_data_info(i)['seg_map_path']) as masks:
            assert masks.mode == 'L'
            np.testing.assert_array_equal(masks, scene.label_map(LABELS, {}))
    assert dataset[0]['inputs'].shape[1:] == (512, 512)  # the crop of the config
    assert dataset[len(train)]['inputs'].shape[1:] == (512, 512)


def test_mmsegmentation_evaluates_on_masks_with_borders(segmentation, scenes):
    dataset = build('mmseg', segmentation.val_dataloader.dataset)
    assert len(dataset) == len(scenes['val'])
    for sample, scene in zip(dataset, scenes['val'], strict=True):
        labels = sample['data_samples'].gt_sem_seg.data[0].numpy()
        expected = scene.label_map(LABELS, {})
        border = labels == 255
        np.testing.assert_array_equal(labels[~border], expected[~border])
        # A border of two pixels: those that have a neighbour with another label.
        neighbours = dict(size=3, mode='nearest')
        mixed = maximum_filter(expected, **neighbours) != minimum_filter(
            expected, **neighbours
        )
        assert border.any() and not border[~mixed].any()


def test_the_additional_masks_add_images_to_the_original_ones(toy_data):
    lists = toy_data.root / 'VOCdevkit/VOC2012/ImageSets/Segmentation'
    train, aug, trainaug, val = (
        set((lists / f'{part}.txt').read_text().split())
        for part in ('train', 'aug', 'trainaug', 'val')
    )
    assert not train & aug and not (train | aug) & val
    assert train | aug == trainaug


def test_masks_have_the_palette_of_voc(toy_data):
    folder = toy_data.root / 'VOCdevkit/VOC2012/SegmentationClass'
    with Image.open(next(folder.iterdir())) as masks:
        assert masks.mode == 'P'
        assert masks.getpalette() == voc_palette()
    palette = np.reshape(voc_palette(), (256, 3))
    from mmseg.datasets import PascalVOCDataset

    np.testing.assert_array_equal(palette[:21], PascalVOCDataset.METAINFO['palette'])
    np.testing.assert_array_equal(palette[255], (224, 224, 192))


def test_classes_are_those_of_the_packages(detection, segmentation):
    boxes = build('mmdet', detection.val_dataloader.dataset)
    masks = build('mmseg', segmentation.val_dataloader.dataset)
    assert boxes.metainfo['classes'] == VOC_CLASSES
    assert masks.metainfo['classes'] == ('background', *VOC_CLASSES)
