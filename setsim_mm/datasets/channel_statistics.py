"""The mean and the standard deviation of each channel of a folder of images."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from rich.console import Console
from rich.progress import track

from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import printable

from .transforms import UnreadableImageError
from .transforms.channel_decoding import decode_channels
from .transforms.channel_loading import count_of, replace_not_finite
from .transforms.loading import load_file

Item = TypeVar('Item')


@dataclass
class ChannelStatistics:
    """Mean and standard deviation of N channels, of one image after the other.

    Sums are those of Chan, Golub and LeVeque's parallel algorithm in float64, which
    loses no digits where the mean is large.

    Args:
        channels (int): N.
        dtype (str): Type of the values in the files.
        fill (float, optional): Value in the place of NaN and infinity. Defaults to
            None.
    """

    channels: int
    dtype: str
    fill: float | None = None
    num_images: int = 0
    num_unreadable: int = 0
    first: str = ''  # path of the first image
    _count: int = 0
    _mean: np.ndarray = field(init=False)  # N
    _squares: np.ndarray = field(init=False)  # N, sums of squared deviations

    def __post_init__(self) -> None:
        self._mean, self._squares = np.zeros((2, self.channels))

    def add(self, image: np.ndarray) -> None:
        """Add the values of an image, HxWxN."""
        values = image.reshape(-1, self.channels).astype(np.float64)
        mean = values.mean(axis=0)
        squares = np.square(values - mean).sum(axis=0)
        total = self._count + len(values)
        shift = mean - self._mean
        self._squares += squares + shift**2 * (self._count * len(values) / total)
        self._mean += shift * (len(values) / total)
        self._count = total
        self.num_images += 1

    @property
    def mean(self) -> list[float]:
        """The mean of each channel, N."""
        return self._mean.tolist()

    @property
    def std(self) -> list[float]:
        """The standard deviation of each channel over all pixels, N."""
        return np.sqrt(self._squares / self._count).tolist()

    def config_lines(self) -> str:
        """Return the lines of a config that set channels, type, mean and deviation."""
        mean, std = (
            ', '.join(f'{value:.6g}' for value in values)
            for values in (self.mean, self.std)
        )
        return (
            f'channels = {self.channels}\ndtype = {self.dtype!r}\n'
            f'mean = [{mean}]\nstd = [{std}]'
        )


def measure_channels(
    paths: Sequence[str],
    channels: int | None = None,
    num_images: int | None = None,
    fill: float | None = None,
    seed: int = 0,
    progress: bool = False,
) -> ChannelStatistics:
    """Measure the channels of images, one image in memory at a time.

    Args:
        paths (Sequence[str]): Image files; see
            :func:`~.transforms.channel_decoding.decode_channels`.
        channels (int, optional): Number of channels of each. Defaults to None, that of
            the first readable image.
        num_images (int, optional): Number of images to draw. Defaults to None, all.
        fill (float, optional): See :class:`ChannelStatistics`. An image with NaN or
            infinity is unreadable without it. Defaults to None.
        seed (int): Selects the images. Defaults to 0.
        progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        ChannelStatistics: The statistics.

    Raises:
        UserError: If channels or types of images differ, a channel is constant, or no
            image can be read.
    """
    chosen = random_part(paths, num_images, seed)
    statistics: ChannelStatistics | None = None
    reasons = Counter[str]()
    console = Console(stderr=True)
    for path in track(chosen, 'Images', console=console) if progress else chosen:
        try:
            values = load_file(path, None, decode_channels)
            image = replace_not_finite(values, path, fill)
        except UnreadableImageError as error:
            reasons[str(error)] += 1
            continue
        if statistics is None:
            number = image.shape[2] if channels is None else channels
            statistics = ChannelStatistics(number, str(image.dtype), fill, first=path)
        _require_same(statistics, image, path, asked_for=channels is not None)
        statistics.add(image)
    if statistics is None:
        reason = next(iter(reasons), 'there are none')
        raise UserError(f'no image can be read ({reason}): choose another folder.')
    statistics.num_unreadable = reasons.total()
    constant = [i for i, value in enumerate(statistics.std) if value == 0]
    if constant:
        raise UserError(
            f'channel {constant[0]} has the same value everywhere, so that it cannot '
            'be normalised: save the images without it.'
        )
    return statistics


def random_part(items: Sequence[Item], number: int | None, seed: int = 0) -> list[Item]:
    """Return a random part of a list in its order, or all of a shorter list.

    Args:
        items (Sequence[Item]): The list.
        number (int, optional): Length of the part. None: all.
        seed (int): Selects the part. Defaults to 0.
    """
    if number is None or number >= len(items):
        return list(items)
    generator = np.random.default_rng(seed)
    picked = generator.choice(len(items), number, replace=False)
    return [items[int(index)] for index in sorted(picked)]


def _require_same(
    statistics: ChannelStatistics, image: np.ndarray, path: str, asked_for: bool
) -> None:
    """Raise an error if an image has other channels, or another type."""
    found, name = image.shape[2], printable(path)
    if found != statistics.channels:
        wanted = 'asked for' if asked_for else f'{printable(statistics.first)!r} has'
        raise UserError(
            f'{name!r} has {count_of(found)}, not {statistics.channels} as {wanted}: '
            f'set --channels {found} if all images have them, or remove the others.'
        )
    if str(image.dtype) != statistics.dtype:
        raise UserError(
            f'{name!r} has values of type {image.dtype}, not {statistics.dtype} as '
            f'{printable(statistics.first)!r} has: save all images with one type.'
        )
