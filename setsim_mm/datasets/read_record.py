"""Keeping count of the images that cannot be read, across loader processes."""

import logging
import math

import torch
from mmengine.logging import print_log

_NOT_READ, _READ, _UNREADABLE = range(3)


class TooManyUnreadableImages(RuntimeError):
    """More images of a data set cannot be read than the user allows."""


def check_share(max_unreadable_share: float) -> None:
    """Raise a ValueError if a share is not within [0, 1]."""
    if not 0 <= max_unreadable_share <= 1:
        raise ValueError(
            f'max_unreadable_share must be within [0, 1], not {max_unreadable_share}'
        )


class ReadRecord:
    """What is known about each image of a data set: not read yet, read, unreadable.

    One byte for each image, in memory that the worker processes of a DataLoader
    share with the main process, whether forked or spawned. Files are counted, not
    attempts: an image that fails in every epoch counts once. Every training process
    (rank) has its own record.

    Args:
        num_images: Size of the data set.
    """

    # The share is not judged on fewer files than this, if the data set has as many.
    min_images = 1000

    def __init__(self, num_images: int) -> None:
        self._state = torch.zeros(num_images, dtype=torch.uint8).share_memory_()

    def __len__(self) -> int:
        return len(self._state)

    @property
    def num_seen(self) -> int:
        """Number of images that reading was tried on, well or not."""
        return int((self._state != _NOT_READ).sum())

    @property
    def num_unreadable(self) -> int:
        """Number of images that could not be read when last tried."""
        return int((self._state == _UNREADABLE).sum())

    def unreadable_indices(self) -> list[int]:
        """Return the indices of the images that could not be read."""
        return (self._state == _UNREADABLE).nonzero()[:, 0].tolist()

    def mark_read(self, idx: int) -> None:
        """Note that an image was read."""
        self._state[idx] = _READ

    def mark_unreadable(self, idx: int) -> bool:
        """Note that an image cannot be read; return whether that is news."""
        is_new = self._state[idx].item() != _UNREADABLE
        self._state[idx] = _UNREADABLE
        return is_new

    def exceeds(self, max_share: float) -> bool:
        """Return whether more than a share of the images is unreadable.

        The share is that of the images seen so far, counted as at least 1,000, or as
        all of a smaller data set, and rounded up to whole images. So a data set in
        which nothing can be read is found out after a few files, and one bad file
        among few does not exceed a share above 0.

        Args:
            max_share: The share allowed, in [0, 1].
        """
        base = max(self.num_seen, min(len(self), self.min_images))
        # 0.07 * 100 is 7.000000000000001: without the margin that would allow 8.
        return self.num_unreadable > math.ceil(max_share * base - 1e-9)

    def skip(self, idx: int, error: Exception, max_share: float) -> None:
        """Note an unreadable image, and name it in the log if that is news.

        Args:
            idx: Index of the image.
            error: What is wrong with it; the message names the file.
            max_share: Share of unreadable images that is allowed.

        Raises:
            TooManyUnreadableImages: If with this image there are more, see
                :meth:`exceeds`.
        """
        if not self.mark_unreadable(idx):
            return
        bad, seen = self.num_unreadable, self.num_seen
        if self.exceeds(max_share):
            raise TooManyUnreadableImages(
                f'{bad} of the first {seen} images cannot be read, more than '
                f'max_unreadable_share={max_share} allows: repair or remove them, or '
                f'raise that share; the last one: {error}'
            ) from error
        print_log(
            f'{error}: another image takes its place '
            f'({bad} of the first {seen} images cannot be read)',
            logger='current',
            level=logging.WARNING,
        )

    def draw_another(self) -> int:
        """Return the index of the image that takes the place of an unreadable one.

        It is drawn from torch's generator. Images known as unreadable are drawn too
        (and then replaced in turn): what is known depends on how far the other
        workers are, and the same seed must give the same images.

        Raises:
            TooManyUnreadableImages: If there is no image that can be read.
        """
        if self.num_unreadable == len(self):
            raise TooManyUnreadableImages(
                f'none of the {len(self)} images of the data set can be read: set '
                'data_root to a folder with intact images'
            )
        return int(torch.randint(len(self), (1,)))


class CountsUnreadable:
    """Mixin of a data set that replaces images which cannot be read.

    Attributes:
        record (ReadRecord): What is known about each image.
    """

    record: ReadRecord

    @property
    def num_unreadable(self) -> int:
        """Number of images skipped so far in this process and its workers."""
        return self.record.num_unreadable

    def unreadable_images(self) -> list[str]:
        """Return the paths of the images skipped so far."""
        indices = self.record.unreadable_indices()
        return [self.get_data_info(idx)['img_path'] for idx in indices]
