"""The tables of a comparison: means over seeds, and paired differences."""

from collections.abc import Sequence

import pandas as pd

from setsim_mm.runs.tables import markdown_of
from studies.statistics import mean_and_spread

from .results import Results, difference_text

LEGEND = (
    'Percent. Mean ± sample standard deviation over the seeds; a single seed has no ±. '
    'Seeds: {}.'
)
DIFFERENCES = (
    'Mean difference over the common seeds ± half of its 95 % interval (Student); a '
    'star marks intervals that exclude zero. Each cell is a test of its own: of 20 '
    'cells without any effect, one has a star.'
)


def as_markdown(
    results: Results, title: str, sentences: Sequence[str], notes: Sequence[str]
) -> str:
    """Return both tables as Markdown.

    Args:
        results (Results): The results.
        title (str): The heading of the first table.
        sentences (Sequence[str]): The verdicts.
        notes (Sequence[str]): What a reader must know about the data.

    Returns:
        str: Tables with their legends, the verdicts and the notes.
    """
    done = {start.label: results.seeds(start) for start in results.starts}
    legend = LEGEND.format(', '.join(f'{label} {n}' for label, n in done.items()))
    text = markdown_of(title, means_of(results), legend)
    differences = differences_of(results)
    if len(differences.columns) > 2:
        text += '\n' + markdown_of('Differences', differences, DIFFERENCES)
    return '\n'.join([text, *(f'{s}\n' for s in sentences), *(f'- {n}' for n in notes)])


def means_of(results: Results) -> pd.DataFrame:
    """Return the texts of means and spreads.

    A row for each measure and share of the labels, a column for each starting point.
    """
    statistics = results.statistics()
    return pd.DataFrame(
        [
            {
                'measure': measure.label,
                'labels': f'{share:g} %',
                **{
                    start.label: mean_and_spread(
                        statistics.loc[start.name, (measure.key(share), 'mean')],
                        statistics.loc[start.name, (measure.key(share), 'std')],
                        1,
                    )
                    for start in results.starts
                },
            }
            for measure in results.measures
            for share in results.shares
        ]
    )


def differences_of(results: Results) -> pd.DataFrame:
    """Return the texts of paired differences.

    A row for each measure and share of the labels, a column for each comparison.
    """
    rows = {
        (measure.label, share): {'measure': measure.label, 'labels': f'{share:g} %'}
        for measure in results.measures
        for share in results.shares
    }
    for found in results.comparisons():
        column = f'{found.start.label}, minus {found.baseline.label}'
        rows[found.measure.label, found.share][column] = difference_text(found)
    return pd.DataFrame(list(rows.values())).fillna('')


def figures_of(results: Results) -> pd.DataFrame:
    """Return the unrounded values, a row for each starting point and seed."""
    return pd.DataFrame(
        [
            dict(
                start=run.name,
                seed=run.seed,
                **{
                    metric.name: metric.of(run.metrics)
                    for measure in results.measures
                    for metric in map(measure.at, results.shares)
                },
            )
            for run in results.records
        ]
    ).set_index('start')
