"""Images with their label images, and labels that are wrong."""

import numpy as np
import pytest
from PIL import Image

from setsim_mm.utils import UserError
from worth.annotations import find_annotations
from worth.labelled_sets import build_labelled_set

from .data import write_coco, write_image, write_label, write_voc


def test_class_folders(tmp_path):
    for name in ('cat', 'ant'):
        write_image(tmp_path / name / '1.png')
    found = build_labelled_set(find_annotations(tmp_path, None), tmp_path / 'out')
    assert found.classes == ('ant', 'cat') and not found.dense
    assert [(s.label, s.present) for s in found.samples] == [(0, {0}), (1, {1})]
    assert not (tmp_path / 'out').exists()


def test_boxes_become_label_images(tmp_path):
    root = write_voc(tmp_path)
    annotations = find_annotations(root / 'images', root / 'xml')
    found = build_labelled_set(annotations, tmp_path / 'out')
    assert found.dense and found.samples[1].label == str(tmp_path / 'out' / '1.png.png')
    expected = np.zeros((6, 8), int)
    expected[1:4, 2:6] = 2  # dog, after background and cat
    assert (np.asarray(Image.open(found.samples[1].label)) == expected).all()
    assert [sorted(s.present) for s in found.samples] == [[0, 1], [0, 2]] * 2


def test_masks_and_crowds_become_label_images(tmp_path):
    root = write_coco(tmp_path)
    annotations = find_annotations(root / 'images', root / 'labels.json')
    found = build_labelled_set(annotations, tmp_path / 'out')
    label = np.asarray(Image.open(found.samples[1].label))
    assert (label[:, :2] == 1).all() and (label[:, 2] == 255).all()
    assert [sorted(s.present) for s in found.samples] == [[0, 2], [0, 1], [0]]


def test_label_images_are_linked(tmp_path):
    write_image(tmp_path / 'images' / 'a.jpg')
    label = write_label(tmp_path / 'labels' / 'a.png', [0, 1] * 4)
    annotations = find_annotations(tmp_path / 'images', tmp_path / 'labels')
    for _ in range(2):  # the second time, the link is there
        (found,) = build_labelled_set(annotations, tmp_path / 'out').samples
        link = tmp_path / 'out' / 'a.jpg.png'
        assert found.label == str(link) and link.resolve() == label.resolve()


def build(root, **options):
    annotations = find_annotations(root / 'images', root / 'labels', **options)
    return build_labelled_set(annotations, root / 'out')


def test_labels_of_another_size(tmp_path):
    write_image(tmp_path / 'images' / 'a.png')
    write_label(tmp_path / 'labels' / 'a.png', 1, size=(4, 6))
    with pytest.raises(UserError, match='8x6 pixels and its label 4x6'):
        build(tmp_path)


def test_labels_with_unknown_values(tmp_path):
    write_image(tmp_path / 'images' / 'a.png')
    write_label(tmp_path / 'labels' / 'a.png', [0, 1, 7, 1, 0, 1, 0, 1])
    with pytest.raises(UserError, match=r'labels/a\.png.*\[7\].* 2 classes'):
        build(tmp_path, classes=['a', 'b'])


def test_one_class(tmp_path):
    write_image(tmp_path / 'images' / 'a.png')
    write_label(tmp_path / 'labels' / 'a.png', [1, 255] * 4)
    with pytest.raises(UserError, match="show only '1'"):
        build(tmp_path)


def test_an_unreadable_image(tmp_path):
    for name in ('cat', 'ant'):
        write_image(tmp_path / name / '1.png')
    (tmp_path / 'ant' / '1.png').write_bytes(b'no image')
    with pytest.raises(Exception, match=r'ant/1\.png'):
        build_labelled_set(find_annotations(tmp_path, None), tmp_path / 'out')
