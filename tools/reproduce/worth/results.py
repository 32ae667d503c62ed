"""Compare starting points, from the records of finished runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from setsim_mm.runs.run_record import RunRecord, read_record
from studies.paired import paired_differences
from studies.statistics import statistics_of
from studies.trials import Trial

from .measures import Measure
from .starts import Start

MOST_DECIMALS = 4


@dataclass(frozen=True)
class Comparison:
    """A starting point that was pre-trained here beside one that was not.

    Args:
        start (Start): The one that was pre-trained here.
        baseline (Start): The other one.
        measure (Measure): What was measured.
        share (float): Of the labels, in percent.
        difference (float): The mean over the common seeds; positive is better.
        half_width (float): Of its 95 % interval; NaN for a single seed.
        seeds (int): The number of common seeds.
    """

    start: Start
    baseline: Start
    measure: Measure
    share: float
    difference: float
    half_width: float
    seeds: int

    @property
    def distinguishable(self) -> bool:
        """Return True if the interval excludes zero."""
        return abs(self.difference) > self.half_width  # False for NaN

    @property
    def decimals(self) -> int:
        """The fewest decimals that show on which side of zero the interval is."""
        for decimals in range(1, MOST_DECIMALS):
            width = round(self.half_width, decimals)
            if (round(abs(self.difference), decimals) > width) == self.distinguishable:
                return decimals
        return MOST_DECIMALS


@dataclass(frozen=True)
class Results:
    """Results of a comparison.

    Args:
        starts (Sequence[Start]): The starting points.
        measures (Sequence[Measure]): The measures.
        shares (Sequence[float]): Of the labels, in percent.
        records (Sequence[RunRecord]): One for each starting point and seed that is
            finished, named after the starting point.
    """

    starts: Sequence[Start]
    measures: Sequence[Measure]
    shares: Sequence[float]
    records: Sequence[RunRecord]

    def seeds(self, start: Start) -> int:
        """Return the number of finished seeds."""
        return len(self._of(start))

    def values(self, start: Start, measure: Measure, share: float) -> list[float]:
        """Return the values of all seeds."""
        found = (measure.at(share).of(run.metrics) for run in self._of(start))
        return [value for value in found if value is not None]

    def statistics(self) -> pd.DataFrame:
        """Return means and spreads; see :func:`~studies.statistics.statistics_of`.

        A row for each starting point, in their order.
        """
        metrics = [m.at(share) for m in self.measures for share in self.shares]
        names = [start.name for start in self.starts]
        return statistics_of(self.records, metrics).reindex(names)

    def comparisons(self) -> list[Comparison]:
        """Compare every pre-trained starting point with every other one."""
        return [
            found
            for start in self.starts
            for baseline in self.starts
            if start.pretrained and not baseline.pretrained
            for measure in self.measures
            for share in self.shares
            if (found := self.compare(start, baseline, measure, share)) is not None
        ]

    def compare(
        self, start: Start, baseline: Start, measure: Measure, share: float
    ) -> Comparison | None:
        """Compare two starting points over their common seeds.

        Args:
            start (Start): The first.
            baseline (Start): The second, which is subtracted.
            measure (Measure): The measure.
            share (float): Of the labels, in percent.

        Returns:
            Comparison | None: None without a common seed.
        """
        # Runs are paired by name and seed.
        first = [replace(run, name=baseline.name) for run in self._of(start)]
        table = paired_differences(first, self._of(baseline), [measure.at(share)])
        if table.empty:
            return None
        (row,) = table.to_dict('records')
        return Comparison(
            start,
            baseline,
            measure,
            share,
            row['difference'],
            row['half_width'],
            row['seeds'],
        )

    def _of(self, start: Start) -> list[RunRecord]:
        return [run for run in self.records if run.name == start.name]


def records_of(trials: Sequence[Trial]) -> list[RunRecord]:
    """Return the records of the trials that are finished."""
    records = (read_record(trial.work_dir) for trial in trials if trial.done)
    return [record for record in records if record is not None]


def difference_text(found: Comparison) -> str:
    """Return a difference with its interval, and a star if it excludes zero.

    Examples:
        >>> from worth.measures import KNN
        >>> start = Start('a', 'a', 'random', True)
        >>> difference_text(Comparison(start, start, KNN, 5, 3.12, 0.9, 3))
        '+3.1 ± 0.9 *'
        >>> difference_text(Comparison(start, start, KNN, 5, 3.12, math.nan, 1))
        '+3.1'
    """
    decimals = found.decimals
    interval = (
        '' if math.isnan(found.half_width) else f' ± {found.half_width:.{decimals}f}'
    )
    star = ' *' if found.distinguishable else ''
    return f'{found.difference:+.{decimals}f}{interval}{star}'
