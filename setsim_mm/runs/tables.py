"""Statistics over seeds, and tables of them as Markdown and CSV."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from setsim_mm.utils.durable_files import write_text_whole

from .metrics import Metric
from .run_record import RunRecord

if TYPE_CHECKING:
    import pandas as pd


def statistics_of(
    runs: Sequence[RunRecord], metrics: Sequence[Metric]
) -> 'pd.DataFrame':
    """Compute mean and spread of each run over its seeds.

    Args:
        runs (Sequence[RunRecord]): The finished runs of all seeds.
        metrics (Sequence[Metric]): The metrics.

    Returns:
        pd.DataFrame: A row for each name, and for each metric the columns
        ``(metric, 'mean')``, ``(metric, 'std')`` (the sample's, NaN for a single seed)
        and ``(metric, 'count')``, the number of seeds that have a value.
    """
    import pandas as pd

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


def markdown_of(title: str, shown: 'pd.DataFrame', legend: str) -> str:
    """Return a table as Markdown.

    Args:
        title (str): The heading above the table.
        shown (pd.DataFrame): Texts, which are written as they are, without the index.
        legend (str): The explanation below the table.

    Returns:
        str: Markdown.
    """
    # pandas would parse the numbers and write 56.0 as 56.
    text = shown.to_markdown(index=False, disable_numparse=True)
    return f'## {title}\n\n{text}\n\n{legend}\n'


def write_tables(path: Path, markdown: str, table: 'pd.DataFrame') -> tuple[Path, Path]:
    """Write a table as Markdown and as CSV.

    Args:
        path (Path): The path without a suffix. Its folder is created.
        markdown (str): From :func:`markdown_of`.
        table (pd.DataFrame): The unrounded values.

    Returns:
        tuple[Path, Path]: The Markdown file and the CSV file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    files = path.with_name(f'{path.name}.md'), path.with_name(f'{path.name}.csv')
    for file, text in zip(files, (markdown, table.to_csv()), strict=True):
        write_text_whole(file, text)
    return files
