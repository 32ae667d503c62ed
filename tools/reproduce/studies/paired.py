"""The difference between two settings, seed by seed."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from scipy import stats

from setsim_mm.runs.metrics import Metric
from setsim_mm.runs.results import Result, read_results
from setsim_mm.runs.work_folders import RESULT
from setsim_mm.utils import UserError

CONFIDENCE = 0.95


def paired_differences(
    first: Sequence[Result], second: Sequence[Result], metrics: Sequence[Metric]
) -> pd.DataFrame:
    """Compare runs of the same name and seed under two settings.

    Args:
        first (Sequence[Result]): Under the first setting.
        second (Sequence[Result]): Under the second setting, the control.
        metrics (Sequence[Metric]): What to compare.

    Returns:
        pd.DataFrame: A row for each run and metric that both have, with ``seeds``, the
        number of common seeds; ``first`` and ``second``, the means over them;
        ``difference``, the mean of first minus second; and ``half_width`` of its
        95 percent interval by Student's t, NaN for a single seed.
    """
    settings = [
        {(r.name, r.seed): r.metrics for r in results} for results in (first, second)
    ]
    keys = [key for key in settings[0] if key in settings[1]]
    rows = []
    for name in dict.fromkeys(name for name, _ in keys):
        for metric in metrics:
            pairs = [
                [setting[key][metric.name] for setting in settings]
                for key in keys
                if key[0] == name
                and all(metric.name in setting[key] for setting in settings)
            ]
            if pairs:
                rows.append(dict(run=name, metric=metric.name, **_compare(pairs)))
    columns = ['run', 'metric', 'seeds', 'first', 'second', 'difference', 'half_width']
    return pd.DataFrame(rows, columns=columns)


def _compare(pairs: Sequence[Sequence[float]]) -> dict[str, float]:
    values = pd.DataFrame(pairs, columns=['first', 'second'])
    differences = values['first'] - values['second']
    # A single seed has no spread; pandas' NaN says so.
    error = differences.sem() if len(pairs) > 1 else float('nan')
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, max(len(pairs) - 1, 1))
    return dict(
        seeds=len(pairs),
        **values.mean(),
        difference=differences.mean(),
        half_width=quantile * error,
    )


def compare_folders(
    first: Path, second: Path, metrics: Sequence[Metric]
) -> pd.DataFrame:
    """Compare the finished runs of two folders of ``tools/reproduce/ablate.py``.

    Args:
        first (Path): The runs under one setting.
        second (Path): The runs under the other one, the control.
        metrics (Sequence[Metric]): What to compare.

    Returns:
        pd.DataFrame: See :func:`paired_differences`.

    Raises:
        UserError: If the folders have no run and seed in common, or seeds of a run
            trained with different settings.
    """
    names = sorted({path.parts[-3] for path in first.glob(f'*/*/{RESULT}')})
    table = paired_differences(
        read_results(first, names), read_results(second, names), metrics
    )
    if table.empty:
        raise UserError(
            f'{str(first)!r} and {str(second)!r} have no finished run of the same name '
            'and seed in common: give two folders that tools/reproduce/ablate.py wrote.'
        )
    return table


def as_paired_markdown(table: pd.DataFrame, metrics: Sequence[Metric]) -> str:
    """Write a comparison as a Markdown table.

    Args:
        table (pd.DataFrame): From :func:`paired_differences`.
        metrics (Sequence[Metric]): What was compared.

    Returns:
        str: With a row for each run and metric.
    """
    by_name = {metric.name: metric for metric in metrics}
    rows = []
    for row in table.itertuples():
        metric = by_name[row.metric]
        interval = (
            ''
            if pd.isna(row.half_width)
            else (f' ± {row.half_width:.{metric.decimals}f}')
        )
        rows.append(
            {
                'run': row.run,
                'metric': metric.heading,
                'seeds': str(row.seeds),
                'first': f'{row.first:.{metric.decimals}f}',
                'second': f'{row.second:.{metric.decimals}f}',
                'difference': f'{row.difference:+.{metric.decimals}f}{interval}',
            }
        )
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)
