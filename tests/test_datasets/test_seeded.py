import copy
import pickle
import random

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler, InfiniteSampler
from torch.utils.data import BatchSampler, DataLoader, Dataset

from setsim_mm.datasets.seeded import (
    ResumableBatchSampler,
    SampleKey,
    SeededDataset,
    SeededSampler,
)


class Draws(Dataset):
    """Random numbers of each generator for each sample."""

    metainfo = dict(name='draws')

    def __init__(self, size: int = 10) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> torch.Tensor:
        assert type(index) is int
        drawn = random.random(), np.random.rand(), torch.rand(()).item()
        return torch.tensor([index, *drawn], dtype=torch.float64)

    def __getitems__(self, indices: list[int]) -> list:
        raise AssertionError('would go past the seeding')


def loader(seed=3, workers=0, endless=False, skip=0, epoch=0) -> DataLoader:
    data = Draws()
    kind = InfiniteSampler if endless else DefaultSampler
    sampler = SeededSampler(kind(data, shuffle=True, seed=seed), seed)
    sampler.set_epoch(epoch)
    batches = ResumableBatchSampler(BatchSampler(sampler, 4, False), endless)
    batches.skip = skip
    return DataLoader(SeededDataset(data), batch_sampler=batches, num_workers=workers)


def first(number: int, batches: DataLoader) -> list[torch.Tensor]:
    return [batch for batch, _ in zip(batches, range(number), strict=False)]


def test_key_is_an_index_that_keeps_its_seed():
    key = SampleKey(7, 2**60 + 1)

    assert key == 7 and range(9)[key] == 7
    for again in (pickle.loads(pickle.dumps(key)), copy.deepcopy(key)):
        assert again == 7 and again.seed == 2**60 + 1


@pytest.mark.parametrize('workers', [0, 1, 2])
@pytest.mark.parametrize('endless', [False, True])
def test_samples_depend_on_seed_epoch_and_index_alone(workers, endless):
    torch.manual_seed(5)
    one = torch.cat(first(3, loader(endless=endless)))
    torch.manual_seed(6)
    other = torch.cat(first(3, loader(endless=endless, workers=workers)))

    assert torch.equal(one, other)
    assert not torch.equal(one, torch.cat(first(3, loader(seed=4, endless=endless))))


def test_epochs_have_other_orders_and_other_samples():
    epochs = [torch.cat(first(3, loader(epoch=epoch))) for epoch in range(3)]

    for epoch in epochs:
        assert sorted(epoch[:, 0].tolist()) == [*range(10)]
    drawn = torch.cat(epochs)[:, 1:]
    assert all(len(column.unique()) == 30 for column in drawn.T)


@pytest.mark.parametrize('skip', [0, 1, 2, 3, 7])
def test_skipped_batches_are_not_read_and_the_others_are_the_same(skip):
    whole = first(12, loader(endless=True))

    rest = first(12 - skip, loader(endless=True, skip=skip))

    assert torch.equal(torch.cat(rest), torch.cat(whole[skip:]))


def test_endless_sampler_begins_an_epoch_after_as_many_indices_as_samples():
    samples = torch.cat(first(10, loader(endless=True)))  # 4 epochs of 10

    assert len(samples) == 40
    for epoch in samples.split(10):
        assert sorted(epoch[:, 0].tolist()) == [*range(10)]
    assert len(samples[:, 1].unique()) == 40


def test_finite_sampler_is_made_endless_with_an_epoch_for_each_pass():
    data = Draws(8)
    sampler = SeededSampler(DefaultSampler(data, shuffle=True, seed=0), 0)
    batches = ResumableBatchSampler(BatchSampler(sampler, 4, True), endless=True)
    batches.skip = 3

    drawn = [batch for batch, _ in zip(batches, range(5), strict=False)]

    expected = []
    for epoch in range(4):
        sampler.set_epoch(epoch)
        expected += [*BatchSampler(sampler, 4, True)]
    assert drawn == expected[3:8]
    assert [k.seed for b in drawn for k in b] == [
        k.seed for b in expected[3:8] for k in b
    ]


def test_length_is_that_of_the_whole_epoch():
    batches = loader(skip=2)

    assert len(batches) == 3 and len(first(9, batches)) == 1


def test_attributes_of_the_wrapped_data_set():
    data = Draws()
    seeded = pickle.loads(pickle.dumps(SeededDataset(data)))
    wrapped = SeededDataset(data)

    assert seeded.metainfo == wrapped.metainfo == dict(name='draws')
    wrapped.size = 4
    assert data.size == len(wrapped) == 4
    assert not hasattr(wrapped, '__getitems__') and not hasattr(wrapped, 'nothing')
