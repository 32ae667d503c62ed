"""Encode a whole data set into a bank of keys, with all processes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from mmengine.dist import all_gather, get_dist_info
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import DataLoader, Dataset

from setsim_mm.datasets.one_view import one_view
from setsim_mm.datasets.seeded import SampleKey, SeededDataset
from setsim_mm.models.algorithms.qk_iteration import sample_indices
from setsim_mm.models.memories import KeyBank
from setsim_mm.models.utils.preprocessing import preprocess
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.random_state import BANK, derived_seed


@dataclass(frozen=True)
class BankImages:
    """The images of a bank, and how they are loaded.

    Args:
        dataset (Dataset): The training data, without :class:`SeededDataset`.
        view (int): Number of the view that is encoded.
        seeds (tuple[int, int]): Seed of the run and number of the phase. The views
            depend only on them and on the index of an image.
        collate (Callable): Collates samples.
        batch_size (int): Images that are encoded together. Defaults to 64.
        num_workers (int): Worker processes on each rank. Defaults to 2.
    """

    dataset: Dataset
    view: int
    seeds: tuple[int, int]
    collate: Callable
    batch_size: int = 64
    num_workers: int = 2

    def batches(self, rank: int, ranks: int) -> Iterator[list[SampleKey]]:
        """Yield every n-th batch for one of n ranks."""
        images = len(self.dataset)
        step = self.batch_size
        for start in range(rank * step, images, ranks * step):
            yield [
                SampleKey(i, derived_seed(self.seeds[0], BANK, self.seeds[1], i))
                for i in range(start, min(start + step, images))
            ]

    def loader(self, rank: int, ranks: int) -> DataLoader:
        """Return the loader of a rank."""
        return DataLoader(
            SeededDataset(one_view(self.dataset, self.view)),
            batch_sampler=self.batches(rank, ranks),
            collate_fn=self.collate,
            num_workers=self.num_workers,
        )


@torch.no_grad()
def set_initial_statistics(
    encoder: nn.Module,
    encode: Callable[[Tensor], Tensor],
    preprocessor: nn.Module,
    images: BankImages,
    batches: int = 8,
) -> None:
    """Average BatchNorm's statistics over some batches if it has none yet.

    In evaluation mode a new network would normalise by a mean of 0 and a variance of 1,
    and encode all images almost alike.

    Args:
        encoder (nn.Module): The network.
        encode (Callable): Encodes preprocessed images by it.
        preprocessor (nn.Module): Preprocessor of the model.
        images (BankImages): The images.
        batches (int): Number of batches, the same on all ranks. Defaults to 8.
    """
    new = [
        module
        for module in encoder.modules()
        if isinstance(module, _BatchNorm) and module.num_batches_tracked == 0
    ]
    if not new:
        return
    momenta = [module.momentum for module in new]
    for module in new:
        module.momentum = None  # the mean over all batches
        module.train()
    for data in islice(images.loader(0, 1), batches):
        (views,), _ = preprocess(preprocessor, data)
        encode(views)
    for module, momentum in zip(new, momenta, strict=True):
        module.momentum = momentum


@torch.no_grad()
def fill_bank(
    bank: KeyBank,
    encode: Callable[[Tensor], Tensor],
    preprocessor: nn.Module,
    images: BankImages,
    writes: bool = True,
) -> None:
    """Encode all images into a bank, the same on all ranks.

    The ranks encode every n-th batch each. Batches and their order do not depend on the
    number of ranks.

    Args:
        bank (KeyBank): The bank. Its keys are removed first.
        encode (Callable): Returns the keys (n, D) of preprocessed images.
        preprocessor (nn.Module): Preprocessor of the model.
        images (BankImages): The images.
        writes (bool): Whether this process writes keys. False if another one writes
            them to the same file. Defaults to True.

    Raises:
        UserError: If a key is not finite, or has another dimension than the bank.
    """
    rank, ranks = get_dist_info()
    bank.clear()
    batches = iter(images.loader(rank, ranks))
    size, total = images.batch_size, len(images.dataset)
    for first in range(0, total, ranks * size):
        # Ranks without a batch in the last round send images -1.
        indices = torch.full((size,), -1, device=bank.device)
        keys = torch.zeros(size, bank.keys.shape[1], device=bank.device)
        start = first + rank * size
        if start < total:
            (views,), samples = preprocess(preprocessor, next(batches))
            found = sample_indices(samples).to(bank.device)
            encoded = encode(views).float()
            if encoded.shape[1] != keys.shape[1]:
                raise UserError(
                    f'the neck returns {encoded.shape[1]} channels, but feat_dim is '
                    f'{keys.shape[1]}: set model.feat_dim to the output of the neck.'
                )
            wanted = torch.arange(start, start + len(found), device=bank.device)
            # An unreadable image was replaced by another one, which has its own key.
            indices[: len(found)] = found.where(found == wanted, -1)
            keys[: len(found)] = encoded
        for block in zip(all_gather(indices), all_gather(keys), strict=True):
            _append(bank, *block, writes)


def _append(bank: KeyBank, indices: Tensor, keys: Tensor, writes: bool) -> None:
    there = indices >= 0
    indices, keys = indices[there], keys[there]
    broken = ~keys.isfinite().all(dim=1)
    if broken.any():
        raise UserError(
            f'the encoding of image {indices[broken][0].item()} is not finite: the '
            'training has diverged, so lower the learning rate and start from an '
            'earlier checkpoint.'
        )
    bank.write(indices, keys, writes)
