"""Examples of in-context retrieval: patches and their neighbours."""

from collections import Counter

import torch
from torch import nn

from setsim_mm.evaluation.in_context_examples import in_context_examples
from setsim_mm.evaluation.in_context_memory import InContextOptions, build_memory
from tests.labelled_images import colours


def examples(camvid, **numbers):
    train, val = camvid
    backbone, options = nn.AvgPool2d(16), InContextOptions(k=3)
    memory = build_memory(backbone, colours, train, options)
    return in_context_examples(
        backbone, colours, train, val, memory, options, **numbers
    )


def test_patches_are_cut_from_their_images(camvid):
    found = examples(camvid, positions=3, neighbors=4)
    assert len(found) == 4
    for number, example in enumerate(found):
        _, pixels, label = camvid[1][number]
        assert torch.equal(example.pixels, pixels)
        assert torch.equal(example.label, label)
        assert example.prediction.shape == label.shape
        assert len(example.positions) == 3
        for patch, neighbors in example.positions:
            left, top, right, bottom = patch.box
            assert torch.equal(patch.pixels, pixels[:, top:bottom, left:right])
            assert (label[top:bottom, left:right] == patch.label).all()
            # Colour tells classes apart.
            assert [neighbor.label for neighbor in neighbors] == [patch.label] * 4


def test_no_more_neighbours_than_the_memory_has(camvid):
    (_, neighbors), *_ = examples(camvid, neighbors=999)[0].positions
    assert len(neighbors) == 4 * 6 * 7


def test_images_to_label_are_read_once(camvid):
    reads = Counter()

    class Counting(type(camvid[1])):
        def __getitem__(self, index):
            reads[index] += 1
            return super().__getitem__(index)

    camvid[1].__class__ = Counting
    examples(camvid)
    assert reads == dict.fromkeys(range(4), 1)
