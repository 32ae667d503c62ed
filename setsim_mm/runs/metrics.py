"""Metrics that a run is judged by, and their last values in its log."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from .curves import read_curves


@dataclass(frozen=True)
class Metric:
    """A metric of finished runs.

    Args:
        name (str): Its name in the log.
        label (str): Its name in tables and plots.
        unit (str): Its unit, such as ``'%'``. Defaults to none.
        decimals (int): The number of decimals that are shown. Defaults to 1.
        scale (float): The factor from the logged to the shown value: 100 for a
            fraction that is shown in percent. Defaults to 1.
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

    def of(self, logged: Mapping[str, float] | None) -> float | None:
        """Return the scaled value of this metric, or None without one.

        Args:
            logged (Mapping[str, float] | None): What a run has logged, by name.

        Examples:
            >>> Metric('coco/bbox_mAP', 'AP', scale=100.0).of({'coco/bbox_mAP': 0.25})
            25.0
        """
        value = (logged or {}).get(self.name)
        return None if value is None else value * self.scale

    def format(self, value: float) -> str:
        """Return the text of a scaled value with its unit.

        Examples:
            >>> Metric('knn_accuracy', 'k-NN accuracy', '%').format(61.24)
            '61.2 %'
        """
        return f'{value:.{self.decimals}f} {self.unit}'.rstrip()


PROBES = (
    Metric('correspondence_precision', 'correspondence precision', decimals=4),
    Metric('knn_accuracy', 'k-NN accuracy', '%'),
    Metric('segmentation_miou', 'linear segmentation, mIoU', '%'),
    Metric('in_context_miou', 'in-context retrieval, mIoU', '%'),
    Metric('overclustering_miou', 'overclustering, mIoU', '%'),
    Metric('pretext_accuracy', 'pretext accuracy', '%'),
)


def last_values(work_dir: str | os.PathLike) -> dict[str, float]:
    """Return the last value of everything that a run has logged.

    Args:
        work_dir (str | os.PathLike): The work folder of the run.

    Returns:
        dict[str, float]: By the names in the log.

    Raises:
        FileNotFoundError: If there is no log.
    """
    curves = read_curves(work_dir)
    return {name: float(curve.values[-1]) for name, curve in curves.items()}
