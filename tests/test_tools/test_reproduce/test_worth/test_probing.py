"""Frozen probes with shares of the labels, on images that colour tells apart."""

from pathlib import Path

import pytest
import torch
from torch import nn

from setsim_mm.evaluation.in_context_probe import InContextOptions, evaluate_in_context
from setsim_mm.evaluation.label_images import LabelImages, find_label_images
from setsim_mm.utils import UserError
from tests.labelled_images import write_camvid, write_class_folders
from worth.annotations import find_annotations
from worth.labelled_sets import LabelledSet, build_labelled_set
from worth.probing import ProbeOptions, probe
from worth.splits import Split

COLOURS = nn.AvgPool2d(16)  # a "backbone" whose features are mean colours


def preprocess(images: torch.Tensor) -> torch.Tensor:
    return images.float() / 255


def split_halves(found: LabelledSet) -> Split:
    """Divide ``<class>/<n>.JPEG`` by number, so that each class comes in turn."""
    names = [sample.name for sample in found.samples]
    names.sort(key=lambda name: name.split('/')[1])
    return Split(tuple(names[:6]), tuple(names[6:]))


@pytest.fixture
def streets(tmp_path) -> tuple[Path, LabelledSet]:
    root = write_camvid(tmp_path / 'camvid')
    parts = [
        (root / 'images' / part, root / 'labels' / part) for part in ('train', 'val')
    ]
    annotations = find_annotations(
        *parts[0], parts[1], classes=list('abcdefghijk'), ignored=11
    )
    return root, build_labelled_set(annotations, tmp_path / 'out')


def test_colours_classify_images(tmp_path):
    root = write_class_folders(tmp_path, number=4)
    found = build_labelled_set(find_annotations(root / 'train', None), tmp_path / 'out')
    options = ProbeOptions({50.0: 3, 100.0: 6}, (32, 32), k=1)
    split = split_halves(found)
    assert probe(COLOURS, preprocess, found, split, options) == {
        'knn_accuracy_50': 100,
        'linear_accuracy_50': 100,
        'knn_accuracy_100': 100,
        'linear_accuracy_100': 100,
    }
    # Images of one class cannot tell three apart.
    by_class = sorted(split.labelled)
    one_class = Split(tuple(by_class), split.held_out)
    options = ProbeOptions({33.0: 2}, (32, 32), k=1)
    third = probe(COLOURS, preprocess, found, one_class, options)
    assert third['knn_accuracy_33'] == third['linear_accuracy_33']
    assert third['knn_accuracy_33'] == pytest.approx(100 / 3)


def test_all_labels_are_in_context_retrieval(streets):
    root, found = streets
    train, val = (
        LabelImages(
            find_label_images(root / 'images' / part, root / 'labels' / part),
            (48, 64),
            num_classes=11,
            ignored=11,
        )
        for part in ('train', 'val')
    )
    expected = evaluate_in_context(
        COLOURS, preprocess, train, val, InContextOptions(k=5)
    )
    split = Split(
        tuple(f'{n}.jpg' for n in range(4)),
        tuple(f'held_out/{n}.jpg' for n in range(4)),
    )
    options = ProbeOptions({25.0: 1, 100.0: 4}, (48, 64), k=5)
    results = probe(COLOURS, preprocess, found, split, options)
    assert results['in_context_miou_100'] == pytest.approx(expected.miou)
    assert results['linear_miou_100'] > 90  # sky and road
    assert 50 < results['in_context_miou_25'] <= 100


def test_more_neighbours_than_positions(streets):
    _, found = streets
    split = Split(('0.jpg', '1.jpg'), ('held_out/0.jpg',))
    options = ProbeOptions({50.0: 1, 100.0: 2}, (48, 64), k=13)
    with pytest.raises(UserError, match=r'13 neighbours .* has 12 positions'):
        probe(COLOURS, preprocess, found, split, options)


def test_a_backbone_without_a_map(streets):
    _, found = streets
    split = Split(('0.jpg',), ('held_out/0.jpg',))
    with pytest.raises(UserError, match='no feature map'):
        probe(
            nn.Flatten(),
            preprocess,
            found,
            split,
            ProbeOptions({100.0: 1}, (48, 64), k=1),
        )
