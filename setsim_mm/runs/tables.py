"""Statistics over seeds, and tables of them as Markdown and CSV."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from setsim_mm.utils.durable_files import write_text_whole

from .metrics import Metric
from .results import Result


def statistics_of(results: Sequence[Result], metrics: Sequence[Metric]) -> pd.DataFrame:
    """Give mean and spread of each run over its seeds.

    Args:
        results (Sequence[Result]): Of all seeds.
        metrics (Sequence[Metric]): What to look at.

    Returns:
        pd.DataFrame: A row for each run, and for each metric the columns
        ``(name, 'mean')``, ``(name, 'std')`` (the sample's, NaN for a single seed) and
        ``(name, 'count')``, the number of seeds that have a value.
    """
    names = [metric.name for metric in metrics]
    values = pd.DataFrame(
        [dict(run=result.name, **result.metrics) for result in results],
        columns=['run', *names],
    ).astype(dict.fromkeys(names, float))
    return values.groupby('run').agg(['mean', 'std', 'count'])


def mean_and_spread(mean: float, std: float | None, decimals: int) -> str:
    """Write a mean with its standard deviation, if there is one.

    Examples:
        >>> mean_and_spread(0.5, 0.0125, 2), mean_and_spread(0.5, float('nan'), 2)
        ('0.50 ± 0.01', '0.50')
    """
    if pd.isna(mean):
        return ''
    spread = '' if pd.isna(std) else f' ± {std:.{decimals}f}'
    return f'{mean:.{decimals}f}{spread}'


def markdown_of(title: str, shown: pd.DataFrame, legend: str) -> str:
    """Write a table for people.

    Args:
        title (str): Stands above.
        shown (pd.DataFrame): Its cells are written as they are; no index.
        legend (str): How to read it; stands below.

    Returns:
        str: Markdown.
    """
    # The strings are finished: 56.0 is not to become 56.
    text = shown.to_markdown(index=False, disable_numparse=True)
    return f'## {title}\n\n{text}\n\n{legend}\n'


def write_tables(path: Path, markdown: str, table: pd.DataFrame) -> tuple[Path, Path]:
    """Write a table as Markdown and as CSV.

    Args:
        path (Path): Without an ending; its folder is made.
        markdown (str): From :func:`markdown_of`.
        table (pd.DataFrame): The figures, unrounded.

    Returns:
        tuple[Path, Path]: The two files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    files = path.with_name(f'{path.name}.md'), path.with_name(f'{path.name}.csv')
    for file, text in zip(files, (markdown, table.to_csv()), strict=True):
        write_text_whole(file, text)
    return files
