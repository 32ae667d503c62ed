"""Data sets with a missing file, or with one too many."""

import shutil

import pytest
from PIL import Image

from setsim_mm.transfer.layouts import check_datasets

from .problems import only_problem_of, problems_of

# The data set, the file or folder to remove, and the path, error and remedy.
REMOVED = [
    (
        'voc_det',
        'VOCdevkit/VOC2012/JPEGImages/2008_000003.jpg',
        'VOCdevkit/VOC2012/JPEGImages',
        'lacks 1 of the 12 files that VOCdevkit/VOC2012/ImageSets/Main/trainval.txt '
        'names (2008_000003.jpg)',
        'host.robots.ox.ac.uk',
    ),
    (
        'voc_det',
        'VOCdevkit/VOC2007/Annotations/000009.xml',
        'VOCdevkit/VOC2007/Annotations',
        'lacks 1 of the 4 files',
        'host.robots.ox.ac.uk',
    ),
    (
        'voc_det',
        'VOCdevkit/VOC2007/ImageSets/Main/test.txt',
        'VOCdevkit/VOC2007/ImageSets/Main/test.txt',
        'is missing',
        'host.robots.ox.ac.uk',
    ),
    (
        'voc_seg',
        'VOCdevkit/VOC2012/ImageSets/Segmentation/aug.txt',
        'VOCdevkit/VOC2012/ImageSets/Segmentation/aug.txt',
        'is missing',
        'mim run mmsegmentation voc_aug',
    ),
    (
        'voc_seg',
        'VOCdevkit/VOC2012/SegmentationClassAug',
        'VOCdevkit/VOC2012/SegmentationClassAug',
        'lacks 4 of the 4 files',
        'mim run mmsegmentation voc_aug',
    ),
    (
        'coco',
        'coco/train2017',
        'coco/train2017',
        'lacks 8 of the 8 images that coco/annotations/instances_train2017.json names '
        '(000000000001.jpg, 000000000002.jpg, 000000000003.jpg, ...)',
        'cocodataset.org',
    ),
    (
        'coco',
        'coco/annotations/instances_val2017.json',
        'coco/annotations/instances_val2017.json',
        'is missing',
        'cocodataset.org',
    ),
    (
        'cityscapes_ins',
        'cityscapes/annotations/instancesonly_filtered_gtFine_train.json',
        'cityscapes/annotations/instancesonly_filtered_gtFine_train.json',
        'is missing',
        'mim run mmdet cityscapes',
    ),
    (
        'cityscapes_ins',
        'cityscapes/gtFine/val/frankfurt/frankfurt_000001_000019_gtFine_instanceIds.png',
        'cityscapes/gtFine/val',
        'lacks 1 files (frankfurt/frankfurt_000001_000019_gtFine_instanceIds.png)',
        'www.cityscapes-dataset.com',
    ),
    (
        'cityscapes_seg',
        'cityscapes/gtFine/train/bochum/bochum_000001_000019_gtFine_labelTrainIds.png',
        'cityscapes/gtFine/train',
        'lacks 1 files',
        'mim run mmsegmentation cityscapes',
    ),
    (
        'cityscapes_seg',
        'cityscapes/leftImg8bit/train/aachen',
        'cityscapes/leftImg8bit/train',
        'lacks 4 files (aachen/',
        'www.cityscapes-dataset.com',
    ),
    (
        'ade20k',
        'ade/ADEChallengeData2016/annotations/validation/ADE_val_00000002.png',
        'ade/ADEChallengeData2016/annotations/validation',
        'lacks 1 files (ADE_val_00000002.png)',
        'sceneparsing.csail.mit.edu',
    ),
    (
        'ade20k',
        'ade/ADEChallengeData2016/images/training/ADE_train_00000001.jpg',
        'ade/ADEChallengeData2016/images/training',
        'lacks 1 files (ADE_train_00000001.jpg)',
        'sceneparsing.csail.mit.edu',
    ),
    (
        'imagenet',
        'imagenet/train/n10148035',
        'imagenet/train',
        'lacks 8 of the 48 files that imagenet/meta/train.txt names',
        'www.image-net.org',
    ),
]


@pytest.mark.parametrize('case', REMOVED, ids=lambda case: case[1].rsplit('/', 1)[1])
def test_missing_files_are_named(data_root, case):
    name, removed, where, what, remedy = case
    removed = data_root / removed
    shutil.rmtree(removed) if removed.is_dir() else removed.unlink()
    path, error, advice = only_problem_of(data_root, name)
    assert path == where
    assert error.startswith(what)
    assert remedy in advice


@pytest.mark.parametrize(
    ('folder', 'names'),
    [
        ('VOCdevkit', ['voc_det', 'voc_seg']),
        ('coco', ['coco', 'coco_kp']),
        ('cityscapes', ['cityscapes_ins', 'cityscapes_seg']),
        ('ade', ['ade20k']),
        ('imagenet', ['imagenet']),
    ],
)
def test_a_missing_data_set_is_one_problem(data_root, folder, names):
    shutil.rmtree(data_root / folder)
    for report in check_datasets(data_root):
        assert bool(report.problems) == (report.name in names)
        assert len(report.problems) == (report.name in names)
        assert all(p.error == 'is not there' for p in report.problems)


@pytest.mark.parametrize('name', ['coco', 'ade20k', 'voc_seg'])
def test_an_additional_image_is_an_error_only_without_a_list(data_root, name):
    folders = dict(
        coco='coco/val2017',
        ade20k='ade/ADEChallengeData2016/images/validation',
        voc_seg='VOCdevkit/VOC2012/JPEGImages',
    )
    Image.new('RGB', (8, 8)).save(data_root / folders[name] / 'more.jpg')
    assert bool(problems_of(data_root, name)) == (name == 'ade20k')


def test_an_empty_list_is_named(data_root):
    path = 'VOCdevkit/VOC2012/ImageSets/Main/trainval.txt'
    (data_root / path).write_text('\n')
    assert only_problem_of(data_root, 'voc_det')[:2] == (path, 'names no file')


def test_lists_of_imagenet_may_be_missing(data_root):
    shutil.rmtree(data_root / 'imagenet/meta')
    shutil.rmtree(data_root / 'imagenet/val')
    assert problems_of(data_root, 'imagenet') == []


def test_imagenet_without_images_is_named(data_root):
    shutil.rmtree(data_root / 'imagenet/meta')
    shutil.rmtree(data_root / 'imagenet/train')
    where, error, _ = only_problem_of(data_root, 'imagenet')
    assert (where, error) == ('imagenet/train', 'holds no *.JPEG')
