"""Errors of labels and numbers before features are computed."""

import pytest
from PIL import Image
from torch import nn

from setsim_mm.evaluation.in_context_memory import InContextOptions, build_memory
from setsim_mm.evaluation.label_checks import (
    check_in_context,
    check_labels,
    check_overclustering,
)
from setsim_mm.utils import UserError
from tests.labelled_images import camvid_images, write_camvid

GRID = (6, 8)
LABELLED = 4 * 6 * 7  # 7 of 8 columns of 4 images


@pytest.fixture
def root(tmp_path):
    return write_camvid(tmp_path / 'camvid')


@pytest.fixture
def camvid(root):
    return [camvid_images(root, part) for part in ('train', 'val')]


@pytest.mark.parametrize('ignored_is_class_0', [False, True])
def test_counts_the_positions_of_the_memory(camvid, ignored_is_class_0):
    counts = check_labels(camvid[0], GRID, ignored_is_class_0)
    options = InContextOptions(ignored_is_class_0=ignored_is_class_0)
    memory = build_memory(
        nn.AvgPool2d(16), lambda images: images.float(), camvid[0], options
    )
    assert counts.tolist() == memory.places[:, 0].bincount().tolist()


@pytest.mark.parametrize(('memory_size', 'most'), [(None, LABELLED), (23, 20)])
def test_neighbours_against_the_bound_of_the_memory(camvid, memory_size, most):
    check_in_context(GRID, *camvid, InContextOptions(memory_size, k=most))
    with pytest.raises(UserError, match=rf'{most + 1}\b.* {most}\b'):
        check_in_context(GRID, *camvid, InContextOptions(memory_size, k=most + 1))


def test_clusters_against_positions(camvid):
    check_overclustering(GRID, camvid[1], 4 * 6 * 8)
    with pytest.raises(UserError, match=r' 192 .* 193 '):
        check_overclustering(GRID, camvid[1], 193)


def unknown_value(path):
    image = Image.open(path)
    image.putpixel((0, 0), 77)
    image.save(path)


def other_size(path):
    Image.open(path).resize((64, 48)).save(path)


def damaged(path):
    path.write_bytes(path.read_bytes()[:50])


@pytest.mark.parametrize('change', [unknown_value, other_size, damaged])
@pytest.mark.parametrize('part', ['train', 'val'])
def test_a_bad_label(root, camvid, part, change):
    change(root / 'labels' / part / '2.png')
    with pytest.raises(UserError, match=r'2\.(png|jpg)'):
        check_in_context(GRID, *camvid, InContextOptions(k=3))


def test_one_class_only(root, camvid):
    for path in (root / 'labels' / 'val').iterdir():
        Image.new('L', (128, 96), 3).save(path)
    with pytest.raises(UserError, match='class 3 only'):
        check_in_context(GRID, *camvid, InContextOptions(k=3))
    with pytest.raises(UserError, match='class 3 only'):
        check_overclustering(GRID, camvid[1], 3)
