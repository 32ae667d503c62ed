"""Labels of four formats, and files that are none of them."""

import json

import pytest

from setsim_mm.transfer.labels.formats import (
    CLASS_FOLDERS,
    COCO_JSON,
    LABEL_IMAGES,
    VOC_XML,
    read_annotations,
)
from setsim_mm.transfer.labels.shapes import Shape
from setsim_mm.utils import UserError
from tests.test_tools.test_reproduce.test_worth.data import (
    write_coco,
    write_image,
    write_label,
    write_voc,
)


def test_class_folders(tmp_path):
    write_image(tmp_path / 'cat' / 'deep' / '1.png')
    write_image(tmp_path / 'ant' / '2.png')
    form, found = read_annotations(tmp_path, None)
    assert form == CLASS_FOLDERS
    assert [(a.name, a.label) for a in found] == [
        ('ant/2.png', 'ant'),
        ('cat/deep/1.png', 'cat'),
    ]
    write_image(tmp_path / '3.png')
    with pytest.raises(UserError, match='is in no class folder'):
        read_annotations(tmp_path, None)


def test_label_images(tmp_path):
    write_image(tmp_path / 'images' / 'a' / '1.png')
    label = write_label(tmp_path / 'labels' / 'a' / '1.png', 1)
    form, (found,) = read_annotations(tmp_path / 'images', tmp_path / 'labels')
    assert (form, found.name, found.label) == (LABEL_IMAGES, 'a/1.png', label)


def test_pixels_of_voc_count_from_one(tmp_path):
    root = write_voc(tmp_path)
    form, found = read_annotations(root / 'images', root / 'xml')
    assert form == VOC_XML and [a.name for a in found] == [f'{n}.png' for n in range(4)]
    assert found[1].label == (Shape('dog', (2, 1, 6, 4)),)


def test_coco(tmp_path):
    root = write_coco(tmp_path)
    form, (first, second, third) = read_annotations(
        root / 'images', root / 'labels.json'
    )
    assert form == COCO_JSON
    assert first.label == (Shape('cat', (2, 1, 6, 4)),)
    assert [(s.name, s.crowd) for s in second.label] == [('ant', False), ('cat', True)]
    assert third.label == ()


def test_an_image_without_a_label_file(tmp_path):
    root = write_voc(tmp_path)
    (root / 'xml' / '2.xml').unlink()
    with pytest.raises(UserError, match=r'1 of the 4 images .*2\.xml'):
        read_annotations(root / 'images', root / 'xml')


def test_a_listed_image_that_is_missing(tmp_path):
    root = write_coco(tmp_path)
    (root / 'images' / '1.png').unlink()
    with pytest.raises(UserError, match=r"1 of the 3 images .*'1\.png'"):
        read_annotations(root / 'images', root / 'labels.json')


@pytest.mark.parametrize(
    ('xml', 'reason'),
    [('<annotation>', 'no element'), ('<a><object><name>b</name></object></a>', '')],
)
def test_damaged_xml(tmp_path, xml, reason):
    root = write_voc(tmp_path)
    (root / 'xml' / '2.xml').write_text(xml)
    with pytest.raises(UserError, match=rf'2\.xml.*{reason}'):
        read_annotations(root / 'images', root / 'xml')


def test_damaged_json(tmp_path):
    root = write_coco(tmp_path)
    file = root / 'labels.json'
    content = json.loads(file.read_text())
    content['annotations'][0]['category_id'] = 8
    for text in (json.dumps(content), '[]', '{'):
        file.write_text(text)
        with pytest.raises(UserError, match=r'labels\.json'):
            read_annotations(root / 'images', file)


def test_folders_without_labels(tmp_path):
    root = write_voc(tmp_path)
    (root / 'empty').mkdir()
    for labels in ('empty', 'nothing'):
        with pytest.raises(UserError, match=f'{labels}.* is neither a JSON file'):
            read_annotations(root / 'images', root / labels)
