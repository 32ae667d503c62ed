"""Mean and spread over seeds."""

import math
from collections.abc import Sequence

import pandas as pd

from setsim_mm.runs.metrics import Metric
from setsim_mm.runs.run_record import RunRecord


def statistics_of(runs: Sequence[RunRecord], metrics: Sequence[Metric]) -> pd.DataFrame:
    """Compute mean and spread of each run over its seeds.

    Args:
        runs (Sequence[RunRecord]): The finished runs of all seeds.
        metrics (Sequence[Metric]): The metrics.

    Returns:
        pd.DataFrame: A row for each name, and for each metric the columns
        ``(metric, 'mean')``, ``(metric, 'std')`` (the sample's, NaN for a single seed)
        and ``(metric, 'count')``, the number of seeds that have a value.
    """
    names = [metric.name for metric in metrics]
    values = pd.DataFrame(
        [
            dict(run=run.name, **{m.name: m.of(run.metrics) for m in metrics})
            for run in runs
        ],
        columns=['run', *names],
    ).astype(dict.fromkeys(names, float))
    return values.groupby('run').agg(['mean', 'std', 'count'])


def mean_and_spread(mean: float, std: float | None, decimals: int) -> str:
    """Return the text of a mean with its standard deviation, if there is one.

    Examples:
        >>> mean_and_spread(0.5, 0.0125, 2), mean_and_spread(0.5, float('nan'), 2)
        ('0.50 ± 0.01', '0.50')
    """
    if math.isnan(mean):
        return ''
    spread = '' if std is None or math.isnan(std) else f' ± {std:.{decimals}f}'
    return f'{mean:.{decimals}f}{spread}'
