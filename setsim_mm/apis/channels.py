"""Measure the channels of a folder of images before a pre-training."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from setsim_mm.datasets.channel_statistics import measure_channels
from setsim_mm.utils.errors import UserError

from .plan import setting_line

# Enough images for a mean and a deviation that differ little from those of all.
MEASURED_IMAGES = 1000
LOADER = 'train_dataloader.dataset.pipeline.0'
SHOWN = 8  # channels


@dataclass(frozen=True)
class Channels:
    """The channels of the images of a folder.

    Args:
        number (int): Number of channels of each image.
        dtype (str): Type of the values in the files.
        mean (list[float]): Mean of each channel, in the units of the files.
        std (list[float]): Standard deviation of each channel.
        measured (int): Number of images that they are measured on.
        reason (str): Why these images.
    """

    number: int
    dtype: str
    mean: list[float]
    std: list[float]
    measured: int
    reason: str

    def lines(self) -> Iterator[str]:
        """Yield a line with its reason for each setting."""
        given = f'as given; the values are of type {self.dtype}'
        yield setting_line('channels', self.number, given)
        yield setting_line('measured', self.measured, self.reason)
        for name, values in dict(mean=self.mean, std=self.std).items():
            more = ', ...' if len(values) > SHOWN else ''
            shown = ', '.join(f'{value:.4g}' for value in values[:SHOWN]) + more
            yield setting_line(name, shown, 'in the units of the files')

    def settings(self) -> dict[str, Any]:
        """Return the settings that the config for N channels leaves open."""
        return {
            'model.data_preprocessor': dict(
                _delete_=True,
                type='ChannelsDataPreprocessor',
                mean=self.mean,
                std=self.std,
            ),
            'model.backbone.in_channels': self.number,
            f'{LOADER}.channels': self.number,
            f'{LOADER}.dtype': self.dtype,
        }


def measure_folder(
    paths: Sequence[str], number: int, cfg_options: dict | None = None
) -> Channels:
    """Measure the channels of images, or of a random part of a large folder.

    Args:
        paths (Sequence[str]): The images.
        number (int): Number of channels that each must have.
        cfg_options (dict, optional): Overrides of the config, whose ``fill`` of the
            loader is used. Defaults to None.

    Raises:
        UserError: See
            :func:`~setsim_mm.datasets.channel_statistics.measure_channels`.
    """
    fill = (cfg_options or {}).get(f'{LOADER}.fill')
    found = measure_channels(paths, number, MEASURED_IMAGES, fill, progress=True)
    reason = 'for mean and std; all images'
    if len(paths) > MEASURED_IMAGES:
        reason = f'for mean and std; a random part of {len(paths)} images is enough'
    if found.num_unreadable:
        reason += f', {found.num_unreadable} more are unreadable'
    return Channels(
        number, found.dtype, found.mean, found.std, found.num_images, reason
    )


def require_channels(number: int | None) -> None:
    """Raise an error if a number of channels is below 1; None is allowed."""
    if number is not None and number < 1:
        raise UserError(f'{number} channels are too few: set --channels to 1 or more.')
