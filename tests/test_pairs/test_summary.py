"""The share of pairs of one class, and chance, by hand."""

import numpy as np
import pytest

from setsim_mm.pairs import FoundPairs, summarize_pairs

# Of the anchor in b, one of the three others is in b; of that in a, one too.
NAMES = ['a/1', 'b/1', 'a/2', 'b/2']
FOUND = FoundPairs(
    anchors=np.array([0, 1]),
    positives=np.array([2, 0]),
    similarities=np.float32([0.9, 0.8]),
    nearest=np.float32([0.95, 0.8, 0.9, 0.7]),
    low=0.7,
)


def test_share_and_chance():
    summary = summarize_pairs(FOUND, NAMES)
    assert (summary.images, summary.pairs, summary.anchors) == (4, 2, 2)
    assert summary.same_class == 50
    assert summary.chance == pytest.approx(100 / 3)
    assert summary.similarity == pytest.approx((0.8, 0.85, 0.9))


def test_chance_depends_on_the_classes_of_the_anchors():
    summary = summarize_pairs(FOUND, ['a/1', 'b/1', 'a/2', 'a/3'])
    assert (summary.same_class, summary.chance) == (50, pytest.approx(100 / 3))


@pytest.mark.parametrize('names', [['1', '2', '3', '4'], ['a/1', 'a/2', 'a/3', 'a/4']])
def test_images_without_classes(names):
    assert summarize_pairs(FOUND, names).same_class is None
