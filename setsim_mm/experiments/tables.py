"""Tables of results beside the paper's figures, as Markdown and CSV."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from .families import Family
from .metrics import PROBES, Metric
from .paper import GAIN, LABELS, paper_figures
from .trials import Result, write_whole


def table_of(
    family: Family,
    runs: Mapping[str, str],
    results: Sequence[Result],
    metrics: Sequence[Metric] = PROBES,
) -> pd.DataFrame:
    """Put what the seeds resulted in beside the paper's figures.

    Args:
        family (Family): Its rows are those of the table.
        runs (Mapping[str, str]): From the labels of rows to the names of their runs.
        results (Sequence[Result]): Of all seeds.
        metrics (Sequence[Metric]): Those that no run has get no column.

    Returns:
        pd.DataFrame: Indexed by label. ``seeds``, for each metric ``<name>_mean`` and
        ``<name>_std`` (the sample's, NaN for a single seed), and ``paper_<name>``.
    """
    values = pd.DataFrame(
        [dict(run=result.name, **result.metrics) for result in results],
        columns=['run', *(metric.name for metric in metrics)],
    )
    by_run = values.groupby('run')
    names = [runs[row.label] for row in family.rows]
    table = paper_beside(family)[[]]
    table['seeds'] = by_run.size().reindex(names, fill_value=0).to_numpy()
    for metric in metrics:
        if values[metric.name].notna().any():
            mean, std = by_run[metric.name].mean(), by_run[metric.name].std()
            table[f'{metric.name}_mean'] = mean.reindex(names).to_numpy()
            table[f'{metric.name}_std'] = std.reindex(names).to_numpy()
    return table.join(paper_beside(family).add_prefix('paper_'))


def paper_beside(family: Family) -> pd.DataFrame:
    """Give the paper's figures for the rows of a family.

    Args:
        family (Family): Its labels are the paper's.

    Returns:
        pd.DataFrame: A row for each of the family's, a column for each metric that
        the paper gives for single rows.
    """
    labels = pd.Index([row.label for row in family.rows], name=family.heading)
    return (
        paper_figures(family.name).drop(columns=GAIN, errors='ignore').reindex(labels)
    )


def as_markdown(
    family: Family,
    table: pd.DataFrame,
    title: str,
    metrics: Sequence[Metric] = PROBES,
) -> str:
    """Write a table for people.

    Args:
        family (Family): What it is about.
        table (pd.DataFrame): From :func:`table_of`.
        title (str): Stands above.
        metrics (Sequence[Metric]): How its columns are shown.

    Returns:
        str: The title, the table, and how to read it.
    """
    shown = pd.DataFrame(index=table.index)
    shown['seeds'] = [str(number or '') for number in table['seeds']]
    for metric in metrics:
        if f'{metric.name}_mean' in table:
            both = table[[f'{metric.name}_mean', f'{metric.name}_std']]
            shown[metric.heading] = [
                mean_and_spread(mean, std, metric.decimals)
                for mean, std in both.itertuples(index=False)
            ]
    for name, label in LABELS.items():
        if f'paper_{name}' in table:
            figures = table[f'paper_{name}']
            shown[f"paper's {label}"] = [mean_and_spread(x, None, 1) for x in figures]
    # The strings are finished: 56.0 is not to become 56.
    text = shown.reset_index().to_markdown(index=False, disable_numparse=True)
    return f'## {title}\n\n{text}\n\n{_legend(family)}'


def title_of(family: Family) -> str:
    """Name the family as the paper does.

    Examples:
        >>> from setsim_mm.experiments import family_named
        >>> title_of(family_named('table2'))
        'Table 2: matching strategies'
    """
    kind, number = family.name[:-1], family.name[-1]
    return f'{kind.capitalize()} {number}: {family.title}'


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


def _legend(family: Family) -> str:
    ours = (
        'Ours: mean ± sample standard deviation over the seeds, after pre-training '
        'alone. A row without a run is empty.'
    )
    paper = paper_figures(family.name)
    if GAIN in paper:
        said = ', '.join(
            f'{gain:+.2f} from {row}'.replace('-', '−')
            for row, gain in paper[GAIN].items()
        )
        theirs = (
            'The paper: AP on VOC detection after fine-tuning, of which its text gives '
            f'two differences only: {said}.'
        )
    else:
        theirs = (
            "The paper's: VOC detection after 200 epochs on IN-100 and fine-tuning, "
            'mean of five trials. That is another measure: compare how the rows are '
            'ordered, not the figures.'
        )
    return f'{ours}\n\n{theirs}\n'


def write_tables(
    family: Family, table: pd.DataFrame, title: str, path: Path
) -> tuple[Path, Path]:
    """Write a table as Markdown and as CSV.

    Args:
        family (Family): What it is about.
        table (pd.DataFrame): From :func:`table_of`.
        title (str): Stands above the Markdown.
        path (Path): Without an ending; its folder is made.

    Returns:
        tuple[Path, Path]: The two files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    markdown, csv = (path.with_name(path.name + end) for end in ('.md', '.csv'))
    write_whole(markdown, as_markdown(family, table, title))
    write_whole(csv, table.to_csv())
    return markdown, csv
