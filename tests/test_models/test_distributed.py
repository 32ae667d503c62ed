"""Shuffling BN and the queue among real processes (gloo)."""

import os
import socket
from collections.abc import Callable

import pytest
import torch
import torch.distributed as dist
from torch import multiprocessing

from setsim_mm.models.algorithms.grouped_baselines import LocalShufflingBN
from setsim_mm.models.memories import FeatureQueue
from setsim_mm.models.utils import BatchShuffle, ShufflingBN, group_batch_norm
from setsim_mm.utils.random_state import shared_generator

BATCH = 4


def in_every_rank(rank: int, world_size: int, port: int, check: Callable) -> None:
    """Function of each process: join the process group, then check."""
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=world_size)
    try:
        check(rank, world_size)
        dist.barrier()
    finally:
        dist.destroy_process_group()


def in_processes(world_size: int, check: Callable) -> None:
    """Run a check in several processes and raise their errors."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    # Forked: a fresh process would import everything anew, for many seconds.
    multiprocessing.start_processes(
        in_every_rank,
        args=(world_size, port, check),
        nprocs=world_size,
        start_method='fork',
    )


def gathered(tensor: torch.Tensor) -> torch.Tensor:
    """Return the tensors of all ranks in order."""
    parts = [torch.empty_like(tensor) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, tensor.contiguous())
    return torch.cat(parts)


def check_shuffle(rank: int, world_size: int) -> None:
    generator = shared_generator()
    total = world_size * BATCH
    came_from_elsewhere = 0
    for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.int64):
        for _ in range(5):
            shuffle = BatchShuffle(BATCH, generator)
            # Each image is filled with its number among those of all ranks.
            numbers = torch.arange(rank * BATCH, (rank + 1) * BATCH)
            images = numbers[:, None, None, None].expand(BATCH, 3, 2, 5).to(dtype)

            there = shuffle.shuffle(images)
            (back,) = shuffle.unshuffle(there)

            assert there.shape == images.shape and there.dtype == dtype
            assert torch.equal(back, images)
            held = there[:, 0, 0, 0].to(torch.int64)
            encoded = gathered(held)
            assert torch.equal(encoded.sort().values, torch.arange(total))
            came_from_elsewhere += int((held // BATCH != rank).sum())
    # Of 80 images a rank keeps 80 / world_size on average.
    expected = 80 * (1 - 1 / world_size)
    assert abs(came_from_elsewhere - expected) < 20


def check_shuffle_of_encodings(rank: int, world_size: int) -> None:
    """Unshuffled tensors of any shape belong to their images."""
    torch.manual_seed(rank)
    images = torch.rand(BATCH, 3, 4, 4)
    shuffle = BatchShuffle(BATCH, shared_generator())

    there = shuffle.shuffle(images)
    pooled, transposed, whole, half = shuffle.unshuffle(
        there.mean(dim=(2, 3)), there.transpose(1, 2), there, there.half()
    )

    assert torch.equal(pooled, images.mean(dim=(2, 3)))
    assert torch.equal(transposed, images.transpose(1, 2))
    assert torch.equal(whole, images)
    assert torch.equal(half, images.half())


def check_shuffles_differ(rank: int, world_size: int) -> None:
    generator = shared_generator()
    orders = {
        tuple(gathered(BatchShuffle(BATCH, generator).order).tolist())
        for _ in range(10)
    }
    assert len(orders) > 1
    # All ranks drew the same numbers, so that they go on with the same ones.
    state = generator.get_state()
    assert gathered(state).view(world_size, -1).unique(dim=0).shape[0] == 1


def check_shuffle_within_groups(rank: int, world_size: int) -> None:
    """Ranks 0 and 1 exchange images with each other, and so do 2 and 3."""
    shuffling_bn = ShufflingBN(ranks=2)
    came_from_elsewhere = 0
    for _ in range(5):
        shuffle = shuffling_bn.draw(BATCH)
        numbers = torch.arange(rank * BATCH, (rank + 1) * BATCH)

        held = shuffle.shuffle(numbers)

        owners = held // BATCH
        assert set((owners // 2).tolist()) == {rank // 2}
        came_from_elsewhere += int((owners != rank).sum())
        encoded = gathered(held)
        assert torch.equal(encoded.sort().values, torch.arange(world_size * BATCH))
        assert torch.equal(shuffle.unshuffle(held)[0], numbers)
    assert 0 < came_from_elsewhere < 5 * BATCH


def check_groups_of_unequal_size_are_refused(rank: int, world_size: int) -> None:
    with pytest.raises(ValueError, match=r'4 processes.*shuffle_ranks='):
        ShufflingBN(ranks=3).draw(BATCH)


def check_fewer_ranks_than_a_group(rank: int, world_size: int) -> None:
    shuffle = ShufflingBN(ranks=8).draw(BATCH)
    assert len(shuffle.sent) == world_size and shuffle.group is None


def check_groups(rank: int, world_size: int) -> None:
    check_shuffle_within_groups(rank, world_size)
    check_groups_of_unequal_size_are_refused(rank, world_size)
    check_fewer_ranks_than_a_group(rank, world_size)


def check_layers_in_groups(rank: int, world_size: int) -> None:
    """In several processes groups have no effect."""
    torch.manual_seed(rank)
    images = torch.randn(BATCH, 3, 2, 2)
    plain, grouped = torch.nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    group_batch_norm(2, grouped)
    seen = []
    grouped.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    LocalShufflingBN(grouped)

    assert torch.equal(grouped(images), plain(images))
    assert torch.equal(grouped.running_var, plain.running_var)
    assert torch.equal(seen[0], images)


def check_queue(rank: int, world_size: int) -> None:
    # Two keys a rank and three steps: the queue of seven wraps around, and its length
    # is no multiple of what a step brings.
    torch.manual_seed(0)
    queue = FeatureQueue(dim=3, length=7)
    expected = queue.features.clone()
    column = 0
    for step in range(3):
        keys = torch.full((2, 3), 100.0 * step + 10 * rank)
        keys += torch.arange(2)[:, None]

        queue.enqueue(keys)

        for r in range(world_size):
            for i in range(2):
                expected[:, column % 7] = 100.0 * step + 10 * r + i
                column += 1
        assert torch.equal(queue.features, expected)
        assert queue.pointer == column % 7


def check_queue_of_half_precision_keys(rank: int, world_size: int) -> None:
    queue = FeatureQueue(dim=2, length=8)
    queue.enqueue(torch.full((1, 2), 0.5 + rank, dtype=torch.bfloat16))

    expected = [[0.5 + r] * 2 for r in range(world_size)]
    assert queue.features.dtype == torch.float32
    assert queue.features[:, :world_size].t().tolist() == expected


def check_too_many_keys(rank: int, world_size: int) -> None:
    queue = FeatureQueue(dim=2, length=5)
    with pytest.raises(ValueError, match=f' {3 * world_size} keys'):
        queue.enqueue(torch.zeros(3, 2))


def check_all(rank: int, world_size: int) -> None:
    """All checks in the same processes, since starting them is slow."""
    for check in (
        check_shuffle,
        check_shuffle_of_encodings,
        check_shuffles_differ,
        check_queue,
        check_queue_of_half_precision_keys,
        check_too_many_keys,
    ):
        check(rank, world_size)


@pytest.mark.parametrize('world_size', [2, 3])
def test_shuffling_and_queue_among_processes(world_size):
    in_processes(world_size, check_all)


def test_shuffling_within_groups_of_ranks():
    in_processes(4, check_groups)


def test_groups_only_apply_to_one_process():
    in_processes(2, check_layers_in_groups)


@pytest.mark.parametrize('ranks', [1, 0, -2])
def test_group_without_others_raises_an_error(ranks):
    with pytest.raises(ValueError, match=rf'2 ranks.* {ranks}:.*shuffle_ranks'):
        ShufflingBN(ranks)
