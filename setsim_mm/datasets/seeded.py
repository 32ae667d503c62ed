"""Samples that depend on (seed, epoch, index) only, and skippable batches.

The random numbers of a sample are derived from its index, so that a checkpoint only
needs the step. ``torchdata``'s stateful loader saves the random states of its workers
instead: a run then depends on their number, and every checkpoint waits for them.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

from mmengine.dist import get_dist_info
from torch.utils.data import Dataset, Sampler

from setsim_mm.utils.random_state import SAMPLE, derived_seed, seed_all

from .dataset_wrapper import DatasetWrapper


class SampleKey(int):
    """An index that carries the seed of its sample."""

    seed: int

    def __new__(cls, index: int, seed: int) -> 'SampleKey':
        """Create the key of the sample at an index, with its seed."""
        key = super().__new__(cls, index)
        key.seed = seed
        return key

    def __reduce__(self) -> tuple:
        return SampleKey, (int(self), self.seed)


class SeededSampler(Sampler[SampleKey]):
    """Add the seed of the sample to each index of a sampler.

    Args:
        sampler (Sampler): Draws the indices of this rank, every n-th of n ranks, as
            mmengine's ``DefaultSampler`` and ``InfiniteSampler`` do. It has
            ``dataset`` and ``seed``.
        seed (int): Seed of the run.

    Attributes:
        epoch (int): See :meth:`set_epoch`. An endless sampler starts a new epoch after
            as many indices as there are samples.
    """

    def __init__(self, sampler: Any, seed: int) -> None:
        self.sampler = sampler
        self.seed = seed
        self.epoch = 0

    @property
    def dataset(self) -> Any:
        """The data set of the sampler."""
        return self.sampler.dataset

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, which determines order and seeds."""
        self.epoch = epoch
        if hasattr(self.sampler, 'set_epoch'):
            self.sampler.set_epoch(epoch)

    def set_seed(self, seed: int) -> None:
        """Set the seed of the run, which determines order and seeds."""
        self.seed = self.sampler.seed = seed

    def __iter__(self) -> Iterator[SampleKey]:
        rank, ranks = get_dist_info()
        size = len(self.dataset)
        for drawn, index in enumerate(self.sampler):
            epoch = self.epoch + (drawn * ranks + rank) // size
            yield SampleKey(index, derived_seed(self.seed, SAMPLE, epoch, index))

    def __len__(self) -> int:
        return len(self.sampler)


class ResumableBatchSampler(Sampler[list[SampleKey]]):
    """Skip the first batches of another batch sampler without reading images.

    Args:
        batch_sampler (Sampler): A batch sampler whose ``sampler`` is a
            :class:`SeededSampler`.
        endless (bool): Whether to start the next epoch after the last batch.

    Attributes:
        skip (int): Number of batches that the next pass skips.
    """

    def __init__(self, batch_sampler: Any, endless: bool) -> None:
        self.batch_sampler = batch_sampler
        self.endless = endless
        self.skip = 0

    @property
    def sampler(self) -> SeededSampler:
        """The sampler of the wrapped batch sampler."""
        return self.batch_sampler.sampler

    @property
    def batch_size(self) -> int:
        """Number of samples in a batch."""
        return self.batch_sampler.batch_size

    @property
    def drop_last(self) -> bool:
        """Return whether an incomplete last batch is dropped."""
        return self.batch_sampler.drop_last

    def __iter__(self) -> Iterator[list[SampleKey]]:
        for position, batch in enumerate(self._all_batches()):
            if position >= self.skip:
                yield batch

    def _all_batches(self) -> Iterator[list[SampleKey]]:
        if not self.endless:
            yield from self.batch_sampler
            return
        for epoch in count():
            self.sampler.set_epoch(epoch)
            yield from self.batch_sampler

    def __len__(self) -> int:
        """Return the number of batches in an epoch, including skipped ones."""
        return len(self.batch_sampler)


class SeededDataset(DatasetWrapper):
    """Data set that seeds all random generators with the key of a sample.

    Args:
        dataset (Dataset): The wrapped data set.
    """

    def __getitem__(self, key: int) -> Any:
        if isinstance(key, SampleKey):
            seed_all(key.seed)
        return self.dataset[int(key)]


def without_seeds(dataset: Dataset) -> Dataset:
    """Return the data set inside a :class:`SeededDataset`, or any other one itself."""
    return dataset.dataset if isinstance(dataset, SeededDataset) else dataset
