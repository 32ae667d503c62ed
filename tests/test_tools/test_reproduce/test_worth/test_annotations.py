"""The classes that labels name, and the identity of labelled data."""

import pytest

from setsim_mm.utils import UserError
from worth.annotations import find_annotations

from .data import write_coco, write_image, write_label, write_voc


@pytest.fixture
def pixels(tmp_path):
    """Two images with labels of the classes 0 and 4, and of none."""
    for n, values in enumerate(([0] * 4 + [4] * 4, [0] * 4 + [11] * 4)):
        write_image(tmp_path / 'images' / f'{n}.png', n)
        write_label(tmp_path / 'labels' / f'{n}.png', values)
    return tmp_path / 'images', tmp_path / 'labels'


def test_classes_of_label_images(pixels, tmp_path):
    assert find_annotations(*pixels, ignored=11).classes == ('0', '1', '2', '3', '4')
    # The list names the ignored value, too.
    names = [f'class {n}' for n in range(12)]
    found = find_annotations(*pixels, classes=names, ignored=11)
    assert found.classes == tuple(names[:11])


def test_classes_of_objects_follow_the_background(tmp_path):
    root = write_coco(tmp_path)
    found = find_annotations(root / 'images', root / 'labels.json')
    assert found.classes == ('background', 'ant', 'cat')
    with pytest.raises(UserError, match="such as 'ant'"):
        find_annotations(root / 'images', root / 'labels.json', classes=['cat'])


def test_held_out_images_are_marked(tmp_path):
    train, val = write_voc(tmp_path / 'train'), write_voc(tmp_path / 'val', 2)
    found = find_annotations(
        train / 'images', train / 'xml', (val / 'images', val / 'xml')
    )
    assert found.held_out == {'held_out/0.png', 'held_out/1.png'}
    assert len(found.images) == 6 and found.images['1.png'].image.is_file()


def test_held_out_images_of_another_format(tmp_path):
    train = write_voc(tmp_path)
    val = write_image(tmp_path / 'val' / 'cat' / '1.png').parents[1]
    with pytest.raises(UserError, match='VOC XML and the held-out ones class folders'):
        find_annotations(train / 'images', train / 'xml', (val, None))


def test_no_image(tmp_path):
    root = write_voc(tmp_path)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UserError, match=r'no labelled image in .*empty'):
        find_annotations(tmp_path / 'empty', None)
    with pytest.raises(UserError, match=r'no labelled image in .*empty'):
        find_annotations(
            root / 'images', root / 'xml', (tmp_path / 'empty', root / 'xml')
        )


def test_digest_follows_content_and_not_place(tmp_path):
    def digest(root, name='cat'):
        for xml in (root / 'xml').iterdir():
            xml.write_text(xml.read_text().replace('cat', name))
        return find_annotations(root / 'images', root / 'xml').digest

    one, other = write_voc(tmp_path / 'one'), write_voc(tmp_path / 'other')
    assert digest(one) == digest(other)
    assert digest(one, 'bat') != digest(other)
