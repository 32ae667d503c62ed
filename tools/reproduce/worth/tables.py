"""The tables of a comparison: means over seeds, and paired differences."""

from collections.abc import Sequence

import pandas as pd

from setsim_mm.runs.tables import markdown_of, mean_and_spread

from .results import Results, difference_text

LEGEND = (
    'Percent. Mean ± sample standard deviation over the seeds; a single seed has no ±.'
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
    statistics = results.statistics()
    means = pd.DataFrame(
        {
            'starting point': [start.label for start in results.starts],
            'seeds': [
                str(
                    max(statistics.loc[start.name, (slice(None), 'count')].fillna(0))
                ).removesuffix('.0')
                for start in results.starts
            ],
        }
    )
    differences: dict[tuple[str, str], dict[str, str]] = {}
    for measure in results.measures:
        for share in results.shares:
            column = f'{measure.label}, {share:g} %'
            cells = statistics[measure.key(share)]
            means[column] = [
                mean_and_spread(cells['mean'][s.name], cells['std'][s.name], 1)
                for s in results.starts
            ]
    for found in results.comparisons():
        row = differences.setdefault((found.start.label, found.baseline.label), {})
        column = f'{found.measure.label}, {found.share:g} %'
        row[column] = difference_text(found)
    lines = [
        {'starting point': start, 'minus': baseline, **cells}
        for (start, baseline), cells in differences.items()
    ]
    text = markdown_of(title, means, LEGEND)
    if lines:
        text += '\n' + markdown_of('Differences', pd.DataFrame(lines), DIFFERENCES)
    return '\n'.join([text, *(f'{s}\n' for s in sentences), *(f'- {n}' for n in notes)])


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
