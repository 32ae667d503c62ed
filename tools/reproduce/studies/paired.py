"""Paired differences between two settings over the same seeds."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from scipy import stats

from setsim_mm.runs.metrics import Metric
from setsim_mm.runs.run_record import RunRecord
from setsim_mm.utils import UserError

from .seeds import finished_runs

CONFIDENCE = 0.95


def paired_differences(
    first: Sequence[RunRecord], second: Sequence[RunRecord], metrics: Sequence[Metric]
) -> pd.DataFrame:
    """Compare runs of the same name and seed under two settings.

    Args:
        first (Sequence[RunRecord]): Finished runs under the first setting.
        second (Sequence[RunRecord]): Finished runs under the second setting, the
            control.
        metrics (Sequence[Metric]): The metrics to compare.

    Returns:
        pd.DataFrame: A row for each run and metric that both have, with ``seeds``, the
        number of common seeds; ``first`` and ``second``, the means over them;
        ``difference``, the mean of first minus second; and ``half_width`` of its
        95 percent interval by Student's t, NaN for a single seed.
    """
    settings = [
        {(run.name, run.seed): run.metrics for run in runs} for runs in (first, second)
    ]
    keys = [key for key in settings[0] if key in settings[1]]
    rows = []
    for name in dict.fromkeys(name for name, _ in keys):
        for metric in metrics:
            pairs = [
                pair
                for key in keys
                if key[0] == name
                and None not in (pair := [metric.of(s[key]) for s in settings])
            ]
            if pairs:
                rows.append(dict(run=name, metric=metric.name, **_compare(pairs)))
    columns = ['run', 'metric', 'seeds', 'first', 'second', 'difference', 'half_width']
    return pd.DataFrame(rows, columns=columns)


def _compare(pairs: Sequence[Sequence[float]]) -> dict[str, float]:
    values = pd.DataFrame(pairs, columns=['first', 'second'])
    differences = values['first'] - values['second']
    return dict(
        seeds=len(pairs),
        **values.mean(),
        difference=differences.mean(),
        half_width=half_width(differences),
    )


def half_width(values: pd.Series) -> float:
    """Return half the 95 percent interval of a mean, by Student's t.

    Args:
        values (pd.Series): The values of all seeds.

    Returns:
        float: NaN for a single value, which has no spread.
    """
    if len(values) < 2:
        return float('nan')
    return stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * values.sem()


def compare_folders(
    first: Path, second: Path, metrics: Sequence[Metric]
) -> pd.DataFrame:
    """Compare the finished runs of two folders of ``tools/reproduce/ablate.py``.

    Args:
        first (Path): The runs under the first setting.
        second (Path): The runs under the second setting, the control.
        metrics (Sequence[Metric]): The metrics to compare.

    Returns:
        pd.DataFrame: See :func:`paired_differences`.

    Raises:
        UserError: If the folders have no run and seed in common, or seeds of a run
            trained with different settings.
    """
    table = paired_differences(finished_runs(first), finished_runs(second), metrics)
    if table.empty:
        raise UserError(
            f'{str(first)!r} and {str(second)!r} have no finished run of the same name '
            'and seed in common: give two folders that tools/reproduce/ablate.py wrote.'
        )
    return table


def differences_from(
    reference: str, records: Sequence[RunRecord], metrics: Sequence[Metric]
) -> pd.DataFrame:
    """Compare each run with a reference run of the same seed.

    Args:
        reference (str): The name of the reference run.
        records (Sequence[RunRecord]): Finished runs, among them the reference's.
        metrics (Sequence[Metric]): The metrics to compare.

    Returns:
        pd.DataFrame: As that of :func:`paired_differences`; ``second`` is the
        reference.
    """
    others = [run for run in records if run.name != reference]
    controls = [
        replace(run, name=name)
        for name in dict.fromkeys(run.name for run in others)
        for run in records
        if run.name == reference
    ]
    return paired_differences(others, controls, metrics)


def as_paired_markdown(
    table: pd.DataFrame,
    metrics: Sequence[Metric],
    first: str = 'first',
    second: str = 'second',
) -> str:
    """Return a comparison as a Markdown table.

    Args:
        table (pd.DataFrame): From :func:`paired_differences`.
        metrics (Sequence[Metric]): The metrics that were compared.
        first (str): Heading of the first setting. Defaults to ``'first'``.
        second (str): Heading of the second setting. Defaults to ``'second'``.

    Returns:
        str: A row for each run and metric.
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
                first: f'{row.first:.{metric.decimals}f}',
                second: f'{row.second:.{metric.decimals}f}',
                'difference': f'{row.difference:+.{metric.decimals}f}{interval}',
            }
        )
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)
