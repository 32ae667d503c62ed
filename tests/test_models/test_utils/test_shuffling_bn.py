"""Shuffling in one process; tests/test_models/test_distributed.py has several."""

import torch

from setsim_mm.models.utils import LocalShuffle, ShufflingBN


def test_one_process_changes_the_order_and_restores_it():
    shuffle = ShufflingBN(in_groups=True).draw(50)
    images = torch.arange(50).view(50, 1, 1)

    there = shuffle.shuffle(images)
    back, squares = shuffle.unshuffle(there, there.flatten() ** 2)

    assert not torch.equal(there, images)
    assert torch.equal(there.flatten().sort().values, torch.arange(50))
    assert torch.equal(back, images)
    assert torch.equal(squares, torch.arange(50) ** 2)


def test_every_batch_has_another_order():
    shuffling_bn = ShufflingBN(in_groups=True)

    orders = {tuple(shuffling_bn.draw(20).order.tolist()) for _ in range(10)}

    assert len(orders) == 10


def test_order_comes_from_the_generator():
    first, second = (
        LocalShuffle(20, torch.Generator().manual_seed(3)).order for _ in range(2)
    )

    assert torch.equal(first, second)


def test_one_process_without_groups_keeps_the_order():
    shuffle = ShufflingBN().draw(5)
    images = torch.rand(5, 3, 2, 2)

    assert shuffle.shuffle(images) is images
    assert shuffle.unshuffle(images)[0] is images
