"""The data sets of the benchmarks: their files, and how to get them."""

from collections.abc import Mapping

from .class_names import (
    CITYSCAPES_CATEGORIES,
    CITYSCAPES_TRAIN_IDS,
    COCO_CATEGORIES,
    COCO_PERSON,
    IGNORED,
    NUM_ADE20K_CLASSES,
    VOC_CLASSES,
)
from .content_checks import CocoAnnotations, LabelImages, VocBoxes
from .file_checks import HeldFiles, ListedFiles, PairedFiles
from .layout import Check, DatasetLayout, Part


def _download(site: str) -> str:
    return f'download the data set from {site} and unpack it (docs/datasets.md)'


VOC = _download('host.robots.ox.ac.uk')
VOC_2007, VOC_2012 = 'VOCdevkit/VOC2007', 'VOCdevkit/VOC2012'
VOC_LABELS = (*range(len(VOC_CLASSES) + 1), IGNORED)
VOC_AUG = (
    "unpack SBD's benchmark_RELEASE into VOCdevkit/VOCaug and run "
    '`mim run mmsegmentation voc_aug DATA_ROOT/VOCdevkit DATA_ROOT/VOCdevkit/VOCaug`'
)
COCO = _download('cocodataset.org')
CITYSCAPES = _download('www.cityscapes-dataset.com')
CITYSCAPES_INSTANCES = (
    'run `mim run mmdet cityscapes DATA_ROOT/cityscapes --out-dir '
    'DATA_ROOT/cityscapes/annotations`, which needs cityscapesscripts'
)
CITYSCAPES_LABELS = (
    'run `mim run mmsegmentation cityscapes DATA_ROOT/cityscapes`, which needs '
    'cityscapesscripts'
)
ADE20K = _download('sceneparsing.csail.mit.edu')
IMAGENET = _download('www.image-net.org')


def _boxes(folder: str, part: str, measured: bool = False) -> tuple[Check, ...]:
    listing = f'{folder}/ImageSets/Main/{part}.txt'
    return (
        ListedFiles(listing, f'{folder}/JPEGImages', '.jpg', VOC),
        ListedFiles(listing, f'{folder}/Annotations', '.xml', VOC),
        VocBoxes(listing, folder, VOC_CLASSES, VOC, needs_difficult=measured),
    )


def _masks(part: str, kind: str, remedy: str) -> tuple[Check, ...]:
    listing = f'{VOC_2012}/ImageSets/Segmentation/{part}.txt'
    return (
        ListedFiles(listing, f'{VOC_2012}/JPEGImages', '.jpg', remedy),
        ListedFiles(listing, f'{VOC_2012}/{kind}', '.png', remedy),
    )


def _voc_labels(kind: str, remedy: str) -> LabelImages:
    images = (f'{VOC_2012}/JPEGImages', '.jpg')
    return LabelImages(images, (f'{VOC_2012}/{kind}', '.png'), VOC_LABELS, remedy)


def _coco(part: str, file: str, categories: Mapping[int, str]) -> CocoAnnotations:
    file = f'coco/annotations/{file}_{part}.json'
    return CocoAnnotations(file, f'coco/{part}', categories, COCO, COCO)


def _fine(part: str, suffix: str, remedy: str) -> PairedFiles:
    return PairedFiles(
        (f'cityscapes/leftImg8bit/{part}', '_leftImg8bit.png'),
        (f'cityscapes/gtFine/{part}', f'_gtFine_{suffix}.png'),
        remedy,
        CITYSCAPES,
    )


def _cityscapes_instances(part: str) -> CocoAnnotations:
    return CocoAnnotations(
        f'cityscapes/annotations/instancesonly_filtered_gtFine_{part}.json',
        f'cityscapes/leftImg8bit/{part}',
        CITYSCAPES_CATEGORIES,
        CITYSCAPES_INSTANCES,
        CITYSCAPES,
    )


def _cityscapes_labels(part: str) -> tuple[Check, ...]:
    pairs = _fine(part, 'labelTrainIds', CITYSCAPES_LABELS)
    values = (*CITYSCAPES_TRAIN_IDS.values(), IGNORED)
    return (pairs, LabelImages(pairs.images, pairs.labels, values, CITYSCAPES_LABELS))


def _ade20k(part: str) -> tuple[Check, ...]:
    folder = 'ade/ADEChallengeData2016'
    images = (f'{folder}/images/{part}', '.jpg')
    labels = (f'{folder}/annotations/{part}', '.png')
    values = range(NUM_ADE20K_CLASSES + 1)
    return (
        PairedFiles(images, labels, ADE20K, ADE20K),
        LabelImages(images, labels, values, ADE20K),
    )


COCO_PARTS = (
    Part('train2017', 118287, 'coco/train2017', '.jpg'),
    Part('val2017', 5000, 'coco/val2017', '.jpg'),
)
CITYSCAPES_PARTS = (
    Part('train', 2975, 'cityscapes/leftImg8bit/train', '_leftImg8bit.png'),
    Part('val', 500, 'cityscapes/leftImg8bit/val', '_leftImg8bit.png'),
)

# The keys are the names of the benchmarks' tasks; ImageNet is for pre-training.
LAYOUTS = {
    'voc_det': DatasetLayout(
        'VOCdevkit',
        VOC,
        (
            Part('trainval2007', 5011, f'{VOC_2007}/ImageSets/Main/trainval.txt'),
            Part('trainval2012', 11540, f'{VOC_2012}/ImageSets/Main/trainval.txt'),
            Part('test2007', 4952, f'{VOC_2007}/ImageSets/Main/test.txt'),
        ),
        (
            *_boxes(VOC_2007, 'trainval'),
            *_boxes(VOC_2012, 'trainval'),
            *_boxes(VOC_2007, 'test', measured=True),
        ),
    ),
    'voc_seg': DatasetLayout(
        'VOCdevkit',
        VOC,
        (
            Part('train', 1464, f'{VOC_2012}/ImageSets/Segmentation/train.txt'),
            Part('aug', 9118, f'{VOC_2012}/ImageSets/Segmentation/aug.txt'),
            Part('val', 1449, f'{VOC_2012}/ImageSets/Segmentation/val.txt'),
        ),
        (
            *_masks('train', 'SegmentationClass', VOC),
            *_masks('val', 'SegmentationClass', VOC),
            _voc_labels('SegmentationClass', VOC),
            *_masks('aug', 'SegmentationClassAug', VOC_AUG),
            _voc_labels('SegmentationClassAug', VOC_AUG),
        ),
    ),
    'coco': DatasetLayout(
        'coco',
        COCO,
        COCO_PARTS,
        tuple(_coco(part.name, 'instances', COCO_CATEGORIES) for part in COCO_PARTS),
    ),
    'coco_kp': DatasetLayout(
        'coco',
        COCO,
        COCO_PARTS,
        tuple(_coco(part.name, 'person_keypoints', COCO_PERSON) for part in COCO_PARTS),
    ),
    'cityscapes_ins': DatasetLayout(
        'cityscapes',
        CITYSCAPES,
        CITYSCAPES_PARTS,
        (
            _cityscapes_instances('train'),
            _cityscapes_instances('val'),
            # For the evaluation.
            _fine('val', 'instanceIds', CITYSCAPES),
        ),
    ),
    'cityscapes_seg': DatasetLayout(
        'cityscapes',
        CITYSCAPES,
        CITYSCAPES_PARTS,
        (*_cityscapes_labels('train'), *_cityscapes_labels('val')),
    ),
    'ade20k': DatasetLayout(
        'ade/ADEChallengeData2016',
        ADE20K,
        (
            Part('training', 20210, 'ade/ADEChallengeData2016/images/training', '.jpg'),
            Part(
                'validation', 2000, 'ade/ADEChallengeData2016/images/validation', '.jpg'
            ),
        ),
        (*_ade20k('training'), *_ade20k('validation')),
    ),
    'imagenet': DatasetLayout(
        'imagenet',
        IMAGENET,
        (
            Part('train', 1281167, 'imagenet/train', '.JPEG'),
            Part('val', 50000, 'imagenet/val', '.JPEG'),
        ),
        # Without a list, pre-training reads all images below train. It never reads val.
        (
            HeldFiles('imagenet/train', '.JPEG', IMAGENET),
            ListedFiles(
                'imagenet/meta/train.txt', 'imagenet/train', '', IMAGENET, False
            ),
            ListedFiles('imagenet/meta/val.txt', 'imagenet/val', '', IMAGENET, False),
        ),
    ),
}
