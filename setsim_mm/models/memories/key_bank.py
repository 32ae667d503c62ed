"""The memory of QK Iteration: one key for each image of a data set."""

import os
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

DTYPES = dict(float16=torch.float16, float32=torch.float32)


class KeyBank:
    """One L2-normalised key for each image, written once in a phase.

    It is no module: checkpoints do not have it, since it can be encoded again.

    Args:
        images (int): Number N of images.
        dim (int): Dimension D of a key.
        dtype (str): ``'float16'`` or ``'float32'``. Defaults to ``'float16'``.
        device (torch.device | str): Defaults to ``'cpu'``.
        file (str | os.PathLike, optional): File that the keys are mapped from, instead
            of the memory of the device. Processes of a machine share it. Defaults to
            None.
        copies (Iterable[Iterable[int]]): Groups of images that show the same. They are
            no negatives of each other. Defaults to none.

    Attributes:
        length (int): Number M of keys.

    Examples:
        >>> bank = KeyBank(images=3, dim=2, copies=[(0, 2)])
        >>> bank.write(torch.tensor([0, 2]), torch.eye(2))
        >>> bank.negatives.shape
        torch.Size([2, 2])
        >>> bank.excluded(torch.tensor([0]))
        tensor([[0, 1]])
    """

    def __init__(
        self,
        images: int,
        dim: int,
        dtype: str = 'float16',
        device: torch.device | str = 'cpu',
        file: str | os.PathLike | None = None,
        copies: Iterable[Iterable[int]] = (),
    ) -> None:
        self.device = torch.device(device)
        if file is None:
            keys = torch.empty(images * dim, dtype=DTYPES[dtype], device=device)
        else:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            keys = torch.from_file(
                os.fspath(file), shared=True, size=images * dim, dtype=DTYPES[dtype]
            )
        self.keys = keys.view(images, dim)  # N, D; the first M are written
        # The row of an image's key; -1 if it has none.
        self.rows = torch.full((images,), -1, device=device)  # N
        self.length = 0
        self.copies = _others_by_image(copies)

    @property
    def negatives(self) -> Tensor:
        """The keys as columns, (D, M)."""
        return self.keys[: self.length].t()

    def clear(self) -> None:
        """Remove all keys."""
        self.rows.fill_(-1)
        self.length = 0

    @torch.no_grad()
    def write(self, images: Tensor, keys: Tensor, stores: bool = True) -> None:
        """Append keys.

        Args:
            images (Tensor): Indices of images without a key, long, (n,).
            keys (Tensor): Their keys, (n, D).
            stores (bool): Whether to store them. False if another process stores them
                in the same file. Defaults to True.
        """
        end = self.length + len(keys)
        if stores:
            self.keys[self.length : end] = keys
        self.rows[images] = torch.arange(self.length, end, device=self.device)
        self.length = end

    def positives(self, images: Tensor) -> Tensor:
        """Return the keys of images.

        Args:
            images (Tensor): Indices, long, (n,).

        Returns:
            Tensor: float32, on the device, (n, D).

        Raises:
            ValueError: If an image has no key.
        """
        rows = self.rows[images]  # n
        if rows.min() < 0:
            image = images[rows < 0][0].item()
            raise ValueError(
                f'image {image} has no key: it could not be read when the bank was '
                'encoded, but can be now; repair the data and start the phase again.'
            )
        return self.keys[rows.to(self.keys.device)].to(self.device, torch.float32)

    def excluded(self, images: Tensor) -> Tensor:
        """Return the columns of :attr:`negatives` that show the same as images.

        Args:
            images (Tensor): Indices, long, (n,).

        Returns:
            Tensor: The image itself and its copies, long, (n, m), filled with -1.
        """
        groups = [(i, *self.copies.get(i, ())) for i in images.tolist()]
        filled = torch.full((len(groups), max(map(len, groups))), -1)
        for line, group in zip(filled, groups, strict=True):
            line[: len(group)] = torch.tensor(group)
        filled = filled.to(self.device)
        return self.rows[filled.clamp(min=0)].where(filled >= 0, -1)


def _others_by_image(groups: Iterable[Iterable[int]]) -> dict[int, tuple[int, ...]]:
    """Return the other images of its groups for each image that has any."""
    others: dict[int, set[int]] = {}
    for group in map(set, groups):
        for image in group:
            others.setdefault(image, set()).update(group - {image})
    return {image: tuple(sorted(found)) for image, found in others.items()}
