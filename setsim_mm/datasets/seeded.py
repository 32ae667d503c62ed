"""Samples that depend on (seed, epoch, index) alone, and batches that can be skipped.

``torchdata``'s stateful loader saves the random states of its workers instead. A run
then depends on their number, and every checkpoint waits for them. Here a sample's
random numbers are derived from what it is, so that the step is all there is to save.
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
        """Create the index.

        Args:
            index (int): Of the sample in the data set.
            seed (int): For its random numbers.
        """
        key = super().__new__(cls, index)
        key.seed = seed
        return key

    def __reduce__(self) -> tuple:
        return SampleKey, (int(self), self.seed)


class SeededSampler(Sampler[SampleKey]):
    """Add to each index of a sampler the seed of its sample.

    Args:
        sampler (Sampler): Draws this rank's indices, as mmengine's ``DefaultSampler``
            and ``InfiniteSampler`` do: of n ranks, rank r has every n-th one.
        seed (int): The seed of the run.

    Attributes:
        epoch (int): Set by :meth:`set_epoch`. An endless sampler starts a new epoch
            whenever it has drawn as many indices as there are samples.
    """

    def __init__(self, sampler: Sampler, seed: int) -> None:
        self.sampler = sampler
        self.seed = seed
        self.epoch = 0

    @property
    def dataset(self) -> Dataset:
        """The data set that the sampler draws from."""
        return self.sampler.dataset

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, which decides order and seeds."""
        self.epoch = epoch
        if hasattr(self.sampler, 'set_epoch'):
            self.sampler.set_epoch(epoch)

    def set_seed(self, seed: int) -> None:
        """Choose the seed, which decides order and seeds."""
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
    """Yield the batches of another batch sampler, from any of them on.

    The batches before it are drawn and dropped, which costs no reading.

    Args:
        batch_sampler (Sampler): Any that has a :class:`SeededSampler` as ``sampler``.
        endless (bool): Whether to begin the next epoch after the last batch.

    Attributes:
        skip (int): How many batches the next pass drops.
    """

    def __init__(self, batch_sampler: Sampler, endless: bool) -> None:
        self.batch_sampler = batch_sampler
        self.endless = endless
        self.skip = 0

    @property
    def sampler(self) -> SeededSampler:
        """The sampler of the wrapped batch sampler."""
        return self.batch_sampler.sampler

    @property
    def batch_size(self) -> int:
        """Samples of a batch."""
        return self.batch_sampler.batch_size

    @property
    def drop_last(self) -> bool:
        """True if a short last batch is dropped."""
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
        """Number of batches of an epoch, those that are skipped included."""
        return len(self.batch_sampler)


class SeededDataset(DatasetWrapper):
    """Set all random generators by a sample's key before the sample is made.

    Args:
        dataset (Dataset): Any.
    """

    def __getitem__(self, key: int) -> Any:
        if isinstance(key, SampleKey):
            seed_all(key.seed)
        return self.dataset[int(key)]
