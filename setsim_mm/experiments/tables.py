"""Tables of results beside the paper's figures, as Markdown and CSV."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from .families import Family
from .metrics import PROBES, Metric
from .paper import LABELS, paper_figures
from .trials import Result, write_whole

DIFFERENCE = 'AP_box_gain'


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
    values = values.dropna(axis='columns', how='all').reindex(
        columns=['run', *(m.name for m in metrics if _measured(values, m))]
    )
    labels = [row.label for row in family.rows]
    of_run = values.groupby('run')
    names = [runs[label] for label in labels]
    table = pd.DataFrame(index=pd.Index(labels, name=family.heading))
    table['seeds'] = of_run.size().reindex(names, fill_value=0).to_numpy()
    for metric in values.columns.drop('run'):
        table[f'{metric}_mean'] = of_run[metric].mean().reindex(names).to_numpy()
        table[f'{metric}_std'] = of_run[metric].std().reindex(names).to_numpy()
    paper = paper_figures(family.name).reindex(labels).dropna(axis=1, how='all')
    return table.join(paper.add_prefix('paper_'))


def _measured(values: pd.DataFrame, metric: Metric) -> bool:
    return values[metric.name].notna().any()


def as_markdown(
    family: Family, table: pd.DataFrame, metrics: Sequence[Metric] = PROBES
) -> str:
    """Write a table for people.

    Args:
        family (Family): What it is about.
        table (pd.DataFrame): From :func:`table_of`.
        metrics (Sequence[Metric]): How its columns are shown.

    Returns:
        str: A heading, the table, and how to read it.
    """
    shown = pd.DataFrame(index=table.index)
    shown['seeds'] = [str(n) if n else '' for n in table['seeds']]
    for metric in metrics:
        if f'{metric.name}_mean' in table:
            shown[metric.heading] = [
                mean_and_spread(mean, std, metric.decimals)
                for mean, std in zip(
                    table[f'{metric.name}_mean'],
                    table[f'{metric.name}_std'],
                    strict=True,
                )
            ]
    for column in table.columns:
        if column.startswith('paper_'):
            name = LABELS[column.removeprefix('paper_')]
            shown[f"paper's {name}"] = [
                '' if pd.isna(value) else f'{value:.1f}' for value in table[column]
            ]
    # The strings are finished: '54.30' is not to become 54.3.
    text = shown.reset_index().to_markdown(index=False, disable_numparse=True)
    return f'## {title_of(family)}\n\n{text}\n\n{_legend(family)}'


def title_of(family: Family) -> str:
    """Name the family as the paper does."""
    number = family.name[-1]
    kind = family.name[:-1].capitalize()
    return f'{kind} {number}: {family.title}'


def mean_and_spread(mean: float, std: float, decimals: int) -> str:
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
    lines = [
        'Ours: mean ± standard deviation over the seeds, after pre-training alone. A',
        'cell without a run is empty.',
    ]
    paper = paper_figures(family.name)
    if DIFFERENCE in paper:
        said = ', '.join(
            f'{value:+.2f} AP from {row}' for row, value in paper[DIFFERENCE].items()
        )
        lines += [f'The paper gives two differences: {said}', '(VOC detection).']
    else:
        lines += [
            "The paper's: VOC detection after 200 epochs on IN-100 and fine-tuning,",
            'which is another measure: compare the order of the rows, not the figures.',
        ]
    return '\n'.join(lines) + '\n'


def write_tables(
    family: Family, table: pd.DataFrame, out: Path, stem: str
) -> tuple[Path, Path]:
    """Write a table as Markdown and as CSV.

    Args:
        family (Family): What it is about.
        table (pd.DataFrame): From :func:`table_of`.
        out (Path): A folder.
        stem (str): The name of the files.

    Returns:
        tuple[Path, Path]: The two files.
    """
    out.mkdir(parents=True, exist_ok=True)
    markdown, csv = out / f'{stem}.md', out / f'{stem}.csv'
    write_whole(markdown, as_markdown(family, table))
    write_whole(csv, table.to_csv())
    return markdown, csv
