"""Data sets with wrong annotations of objects."""

import os
import re
import shutil

import pytest

from setsim_mm.transfer.layouts import check_datasets

from .problems import only_problem_of, problems_of, replace, rewrite

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
