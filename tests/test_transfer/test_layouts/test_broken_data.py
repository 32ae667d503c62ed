"""Data sets with one error each."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from setsim_mm.transfer.layouts import check_datasets


def problems_of(data_root, name):
    (report,) = check_datasets(data_root, [name])
    return report.problems


def only_problem_of(data_root, name):
    """Return the only problem, with the path relative to the data root."""
    (problem,) = problems_of(data_root, name)
    path = problem.path.relative_to(data_root).as_posix()
    return path, problem.error, problem.remedy


def rewrite(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


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
        '(such as 000000000001.jpg, 000000000002.jpg, 000000000003.jpg)',
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
        'lacks 4 files (such as aachen/',
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


LABELS = {
    'voc_seg': ('VOCdevkit/VOC2012/SegmentationClassAug/2008_000005.png', 21),
    'cityscapes_seg': (
        'cityscapes/gtFine/val/frankfurt/frankfurt_000002_000019_gtFine_labelTrainIds.png',
        19,
    ),
    'ade20k': (
        'ade/ADEChallengeData2016/annotations/training/ADE_train_00000003.png',
        151,
    ),
}


@pytest.mark.parametrize('name', LABELS)
def test_a_label_that_is_no_class_is_named(data_root, name):
    path, label = LABELS[name]
    labels = np.array(Image.open(data_root / path))
    labels[3, 4] = label
    Image.fromarray(labels).save(data_root / path)
    where, error, _ = only_problem_of(data_root, name)
    assert (where, error) == (path, f'has the label {label}, which is no class')
    labels[3, 4] = label - 1  # the last class
    Image.fromarray(labels).save(data_root / path)
    assert problems_of(data_root, name) == []


@pytest.mark.parametrize('name', LABELS)
def test_label_images_of_another_size_are_named(data_root, name):
    path, _ = LABELS[name]
    Image.open(data_root / path).resize((50, 40), 0).save(data_root / path)
    where, error, _ = only_problem_of(data_root, name)
    assert where == path
    assert error.startswith('says 50x40 pixels of ')


@pytest.mark.parametrize('name', LABELS)
def test_coloured_label_images_are_named(data_root, name):
    path, _ = LABELS[name]
    Image.open(data_root / path).convert('RGB').save(data_root / path)
    where, error, _ = only_problem_of(data_root, name)
    assert (where, error[:11]) == (path, 'has colours')


@pytest.mark.parametrize('kept', [0, 20, 100])
def test_damaged_label_images_are_named(data_root, kept):
    path = data_root / LABELS['ade20k'][0]
    path.write_bytes(path.read_bytes()[:kept])
    where, error, _ = only_problem_of(data_root, 'ade20k')
    assert (where, error) == (LABELS['ade20k'][0], 'cannot be read')


def test_a_damaged_image_is_named(data_root):
    path = data_root / 'ade/ADEChallengeData2016/images/training/ADE_train_00000003.jpg'
    path.write_bytes(b'')
    where, error, _ = only_problem_of(data_root, 'ade20k')
    assert where == LABELS['ade20k'][0]
    assert error == f"belongs to '{path}', which cannot be read"


XML = 'VOCdevkit/VOC2007/Annotations/000001.xml'


@pytest.mark.parametrize(
    ('old', 'new', 'error'),
    [
        ('<name>person</name>', '<name>raccoon</name>', 'of no class (raccoon)'),
        ('<width>160</width>', '<width>161</width>', 'says 161x120 pixels'),
        ('<width>160</width>', '<width>wide</width>', 'gives no size in pixels'),
        ('</annotation>', '', 'no complete XML file'),
    ],
)
def test_wrong_xml_is_named(data_root, old, new, error):
    replace(data_root / XML, old, new)
    where, told, _ = only_problem_of(data_root, 'voc_det')
    assert where == XML
    assert error in told


@pytest.mark.parametrize(('part', 'number'), [('test', 1), ('trainval', 0)])
def test_the_field_difficult_is_required_in_evaluations_only(data_root, part, number):
    """detectron2 does not read it in training."""
    folder = data_root / 'VOCdevkit/VOC2007'
    name = (folder / f'ImageSets/Main/{part}.txt').read_text().split()[0]
    path = folder / f'Annotations/{name}.xml'
    path.write_text(re.sub('<difficult>.*</difficult>', '', path.read_text()))
    problems = problems_of(data_root, 'voc_det')
    assert [problem.path for problem in problems] == [path] * number
    assert all('<difficult>' in problem.error for problem in problems)


COCO = 'coco/annotations/instances_train2017.json'
CHANGES = {
    'another name of a category': (
        lambda c: c['categories'][0].update(name='raccoon'),
        "has 80 categories that are not the 80 of the data set ('person' (1), "
        "'raccoon' (1))",
    ),
    'fewer categories': (
        lambda c: c['categories'].pop(),
        "has 79 categories that are not the 80 of the data set ('toothbrush' (90))",
    ),
    'an image without its annotations': (
        lambda c: c['images'].pop(0),
        'has annotations of images that it does not name (id 100)',
    ),
    'an unknown category': (
        lambda c: c['annotations'][1].update(category_id=12),
        'has annotations of a category that it does not name (id 101)',
    ),
    'no annotations': (lambda c: c['annotations'].clear(), 'has no annotation'),
    'another size': (
        lambda c: c['images'][-1].update(width=640),
        'says 640x120 pixels of ',
    ),
    'no list of images': (
        lambda c: c.pop('images'),
        'is no COCO annotation file (it has no images)',
    ),
    'an image without its name': (
        lambda c: c['images'][2].pop('file_name'),
        'is no COCO annotation file (an entry of its images has no file_name)',
    ),
}


@pytest.mark.parametrize('change', CHANGES)
def test_annotations_that_do_not_match_are_named(data_root, change):
    apply, error = CHANGES[change]
    rewrite(data_root / COCO, apply)
    where, told, _ = only_problem_of(data_root, 'coco')
    assert where == COCO
    assert told.startswith(error)


@pytest.mark.parametrize('share', [0, 0.2, 0.7, 0.99])
def test_truncated_annotations_are_named(data_root, share):
    text = (data_root / COCO).read_text()
    (data_root / COCO).write_text(text[: int(share * len(text))])
    where, told, _ = only_problem_of(data_root, 'coco')
    assert where == COCO
    assert told == 'is no COCO annotation file (the file ends too early)'


def test_annotations_of_the_other_part_are_named(data_root):
    other = data_root / 'coco/annotations/instances_val2017.json'
    shutil.copy(other, data_root / COCO)
    where, told, _ = only_problem_of(data_root, 'coco')
    assert where == 'coco/train2017'
    assert told.startswith('lacks 4 of the 4 images')


def test_commands_quote_the_data_root_for_a_shell(data_root):
    moved = data_root.rename(data_root.with_name('my data'))
    shutil.rmtree(moved / 'cityscapes/annotations')
    problems = problems_of(moved, 'cityscapes_ins')
    assert len(problems) == 2
    for problem in problems:
        assert f"mim run mmdet cityscapes '{moved}'/cityscapes" in problem.remedy


@pytest.mark.parametrize('absolute', [False, True])
def test_files_outside_of_the_data_root_are_named_unless_allowed(
    data_root, absolute, tmp_path_factory
):
    secret = tmp_path_factory.mktemp('outside') / 'secret.jpg'
    shutil.copy(data_root / 'coco/train2017/000000000003.jpg', secret)
    name = str(secret)
    if not absolute:
        name = os.path.relpath(secret, data_root / 'coco/train2017')
    rewrite(data_root / COCO, lambda c: c['images'][2].update(file_name=name))

    where, error, remedy = only_problem_of(data_root, 'coco')
    assert where == COCO
    assert 'outside' in error and name in error and 'allow_paths_outside' in remedy
    (report,) = check_datasets(data_root, ['coco'], allow_paths_outside=True)
    assert report.problems == []

    secret.unlink()
    (report,) = check_datasets(data_root, ['coco'], allow_paths_outside=True)
    assert 'lacks 1 of the 8 images' in report.problems[0].error
