"""What a run is judged by, as it logged it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from .curves import read_curves


@dataclass(frozen=True)
class Metric:
    """A figure that a run results in.

    Args:
        name (str): Its name in the log.
        label (str): Its name for people.
        unit (str): Empty, or such as ``'%'``.
        decimals (int): How many are shown. Defaults to 1.
        scale (float): What the logged value is multiplied by, 100 for a fraction that
            is given in percent. Defaults to 1.
    """

    name: str
    label: str
    unit: str = ''
    decimals: int = 1
    scale: float = 1.0

    @property
    def heading(self) -> str:
        """The label with its unit."""
        return f'{self.label} ({self.unit})' if self.unit else self.label

    def format(self, value: float) -> str:
        """Write a value with its unit.

        Examples:
            >>> Metric('knn_accuracy', 'k-NN accuracy', '%').format(61.24)
            '61.2 %'
        """
        return f'{value:.{self.decimals}f} {self.unit}'.rstrip()


PROBES = (
    Metric('correspondence_precision', 'correspondence precision', decimals=4),
    Metric('knn_accuracy', 'k-NN accuracy', '%'),
    Metric('segmentation_miou', 'linear segmentation, mIoU', '%'),
    Metric('pretext_accuracy', 'pretext accuracy', '%'),
)


def last_values(
    work_dir: str | os.PathLike, metrics: Iterable[Metric] = PROBES
) -> dict[str, float]:
    """Read the last value of each metric from the log of a finished run.

    Args:
        work_dir (str | os.PathLike): The run's work folder.
        metrics (Iterable[Metric]): What to look for.

    Returns:
        dict[str, float]: By name, scaled; without those that were not logged.

    Raises:
        FileNotFoundError: If there is no log.
    """
    curves = read_curves(work_dir)
    return {
        metric.name: float(curves[metric.name].values[-1]) * metric.scale
        for metric in metrics
        if metric.name in curves
    }
