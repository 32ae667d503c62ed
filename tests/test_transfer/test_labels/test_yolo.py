"""YOLO's boxes and polygons in pixels, and the names of the classes."""

import pytest

from setsim_mm.transfer.labels.shapes import Shape
from setsim_mm.transfer.labels.yolo import find_class_names, read_yolo
from setsim_mm.utils import UserError

NAMES = ('cat', 'dog')


def test_boxes_and_polygons(tmp_path):
    path = tmp_path / '1.txt'
    path.write_text('1 0.5 0.5 0.5 1\n\n0 0.25 0.5 0.5 0.5 0.5 0.75\n')
    box, polygon = read_yolo(path, NAMES, (8, 4))
    assert box == Shape('dog', (2, 0, 6, 4))
    assert polygon == Shape('cat', (2, 2, 4, 3), [[2, 2, 4, 2, 4, 3]])


@pytest.mark.parametrize(
    'line', ['2 .5 .5 .1 .1', '0.5 .5 .5 .1 .1', '0 .5 .5 .1', 'cat .5 .5 .1 .1', '0']
)
def test_another_line_is_named(tmp_path, line):
    path = tmp_path / '1.txt'
    path.write_text(f'0 .5 .5 .1 .1\n{line}\n')
    with pytest.raises(UserError, match=r'line 2 of .*1\.txt'):
        read_yolo(path, NAMES, (8, 4))


@pytest.mark.parametrize(
    ('file', 'text'),
    [
        ('data.yaml', 'names: [cat, dog]\nnc: 2\n'),
        ('coco.yml', 'path: ../x\nnames:\n  0: cat\n  1: dog\n'),
        ('classes.txt', 'cat\ndog\n\n'),
        ('obj.names', 'cat\ndog'),
    ],
)
def test_names_are_found(tmp_path, file, text):
    assert find_class_names([tmp_path]) is None
    (tmp_path / file).write_text(text)
    assert find_class_names([tmp_path]) == (NAMES, tmp_path / file)


def test_names_that_differ_or_lack_a_number(tmp_path):
    (tmp_path / 'classes.txt').write_text('cat\ndog')
    (tmp_path / 'obj.names').write_text('dog\ncat')
    with pytest.raises(UserError, match=r'classes\.txt.*obj\.names'):
        find_class_names([tmp_path])
    (tmp_path / 'obj.names').unlink()
    (tmp_path / 'data.yaml').write_text('names: {0: cat, 2: dog}')
    with pytest.raises(UserError, match='numbered'):
        find_class_names([tmp_path])
