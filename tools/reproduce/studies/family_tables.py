"""Tables of a family: what the seeds resulted in beside the paper's figures."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from setsim_mm.runs.metrics import PROBES, Metric
from setsim_mm.runs.results import Result
from setsim_mm.runs.tables import markdown_of, mean_and_spread, statistics_of

from .families import Family
from .paper import GAIN, LABELS, paper_figures


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
    names = [runs[row.label] for row in family.rows]
    statistics = statistics_of(results, metrics).reindex(names)
    done = Counter(result.name for result in results)
    table = paper_beside(family)[[]]
    table['seeds'] = [done[name] for name in names]
    for metric in metrics:
        of_metric = statistics[metric.name]
        if of_metric['count'].any():
            table[f'{metric.name}_mean'] = of_metric['mean'].to_numpy()
            table[f'{metric.name}_std'] = of_metric['std'].to_numpy()
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
    return markdown_of(title, shown.reset_index(), _legend(family))


def title_of(family: Family) -> str:
    """Name the family as the paper does.

    Examples:
        >>> from studies.families import family_named
        >>> title_of(family_named('table2'))
        'Table 2: matching strategies'
    """
    kind, number = family.name[:-1], family.name[-1]
    return f'{kind.capitalize()} {number}: {family.title}'


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
    return f'{ours}\n\n{theirs}'
