"""Count the images that cannot be read, across data loader processes."""

import logging
import math
from collections.abc import Callable

import torch
from mmengine.logging import print_log

_NOT_READ, _READ, _UNREADABLE = range(3)


class TooManyUnreadableImages(RuntimeError):
    """More images of a data set are unreadable than allowed."""


def check_share(max_unreadable_share: float) -> None:
    """Raise a ValueError if a share is not within [0, 1]."""
    if not 0 <= max_unreadable_share <= 1:
        raise ValueError(
            f'max_unreadable_share must be within [0, 1], not {max_unreadable_share}'
        )


class ReadRecord:
    """State of each image of a data set: not read yet, read, or unreadable.

    One byte per image in shared memory, which the forked or spawned workers of a
    DataLoader share with the main process. An image that fails in every epoch counts
    once. Every training process (rank) has its own record.

    Args:
        num_images: Size of the data set.
    """

    # The share is computed of at least this many images, if the data set has as many.
    min_images = 1000

    def __init__(self, num_images: int) -> None:
        self._state = torch.zeros(num_images, dtype=torch.uint8).share_memory_()

    def __len__(self) -> int:
        return len(self._state)

    @property
    def num_seen(self) -> int:
        """Number of images that were read or found to be unreadable."""
        return int((self._state != _NOT_READ).sum())

    @property
    def num_unreadable(self) -> int:
        """Number of images that were unreadable at the last attempt."""
        return int((self._state == _UNREADABLE).sum())

    def unreadable_indices(self) -> list[int]:
        """Return the indices of the unreadable images."""
        return (self._state == _UNREADABLE).nonzero()[:, 0].tolist()

    def mark_read(self, idx: int) -> None:
        """Mark an image as read."""
        self._state[idx] = _READ

    def mark_unreadable(self, idx: int) -> bool:
        """Mark an image as unreadable; return whether it was not marked before."""
        is_new = self._state[idx].item() != _UNREADABLE
        self._state[idx] = _UNREADABLE
        return is_new

    def exceeds(self, max_share: float) -> bool:
        """Return whether more than a share of the images is unreadable.

        The share refers to the images seen so far, but at least to 1,000 images or to
        all of a smaller data set. It is rounded up to whole images: a share above 0
        always allows one unreadable image.

        Args:
            max_share: The allowed share, in [0, 1].
        """
        base = max(self.num_seen, min(len(self), self.min_images))
        # 0.07 * 100 is 7.000000000000001, which ceil alone would turn into 8.
        return self.num_unreadable > math.ceil(max_share * base - 1e-9)

    def skip(self, idx: int, error: Exception, max_share: float) -> None:
        """Mark an unreadable image and log it once.

        Raises:
            TooManyUnreadableImages: If ``max_share`` is exceeded; see :meth:`exceeds`.
        """
        if not self.mark_unreadable(idx):
            return
        bad, seen = self.num_unreadable, self.num_seen
        if self.exceeds(max_share):
            raise TooManyUnreadableImages(
                f'{bad} of the first {seen} images cannot be read, more than '
                f'max_unreadable_share={max_share} allows: repair or remove them, or '
                f'increase that share; the last one: {error}'
            ) from error
        print_log(
            f'{error}: replaced by another image '
            f'({bad} of the first {seen} images cannot be read)',
            logger='current',
            level=logging.WARNING,
        )

    def draw_another(self) -> int:
        """Draw the index of an image that replaces an unreadable one.

        torch's generator draws it from all images, including those marked as
        unreadable: the marks depend on the progress of other workers, and the same
        seed must select the same images.

        Raises:
            TooManyUnreadableImages: If all images are unreadable.
        """
        if self.num_unreadable == len(self):
            raise TooManyUnreadableImages(
                f'none of the {len(self)} images of the data set can be read: set '
                'data_root to a folder with intact images'
            )
        return int(torch.randint(len(self), (1,)))


class CountsUnreadable:
    """Mixin of a data set that replaces unreadable images.

    Attributes:
        record (ReadRecord): State of each image.
    """

    record: ReadRecord
    get_data_info: Callable[[int], dict]

    @property
    def num_unreadable(self) -> int:
        """Number of unreadable images so far in this process and its workers."""
        return self.record.num_unreadable

    def unreadable_images(self) -> list[str]:
        """Return the paths of the unreadable images so far."""
        indices = self.record.unreadable_indices()
        return [self.get_data_info(idx)['img_path'] for idx in indices]
