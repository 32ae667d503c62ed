"""Tables of a family: the metrics of its runs beside the paper's figures."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from setsim_mm.runs.metrics import PROBES, Metric
from setsim_mm.runs.run_record import RunRecord
from setsim_mm.runs.tables import markdown_of

from .families import Family
from .paper import GAIN, LABELS, paper_figures
from .statistics import mean_and_spread, statistics_of


def table_of(
    family: Family,
    runs: Mapping[str, str],
    records: Sequence[RunRecord],
    metrics: Sequence[Metric] = PROBES,
) -> pd.DataFrame:
    """Build the table of a family with the paper's figures.

    Args:
        family (Family): The family.
        runs (Mapping[str, str]): From the labels of rows to the names of their runs.
        records (Sequence[RunRecord]): The finished runs of all seeds.
        metrics (Sequence[Metric]): The metrics. Those without a value get no column.

    Returns:
        pd.DataFrame: Indexed by label. ``seeds``, for each metric ``<name>_mean`` and
        ``<name>_std`` (the sample's, NaN for a single seed), and ``paper_<name>``.
    """
    names = [runs[row.label] for row in family.rows]
    statistics = statistics_of(records, metrics).reindex(names)
    done = Counter(record.name for record in records)
    table = pd.DataFrame(index=_labels(family))
    table['seeds'] = [done[name] for name in names]
    for metric in metrics:
        of_metric = statistics[metric.name]
        if of_metric['count'].any():
            table[f'{metric.name}_mean'] = of_metric['mean'].to_numpy()
            table[f'{metric.name}_std'] = of_metric['std'].to_numpy()
    return table.join(paper_beside(family).add_prefix('paper_'))


def paper_beside(family: Family) -> pd.DataFrame:
    """Return the paper's figures for the rows of a family.

    Args:
        family (Family): The family.

    Returns:
        pd.DataFrame: A row for each row of the family, a column for each metric that
        the paper has for single rows; no column if the paper does not have the family.
    """
    figures = paper_figures(family.name).drop(columns=GAIN, errors='ignore')
    return figures.reindex(_labels(family))


def _labels(family: Family) -> pd.Index:
    return pd.Index([row.label for row in family.rows], name=family.heading)


def as_markdown(
    family: Family,
    table: pd.DataFrame,
    title: str,
    metrics: Sequence[Metric] = PROBES,
) -> str:
    """Return the table of a family as Markdown.

    Args:
        family (Family): The family.
        table (pd.DataFrame): From :func:`table_of`.
        title (str): The heading above the table.
        metrics (Sequence[Metric]): The metrics of its columns.

    Returns:
        str: The title, the table and its legend.
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


def _legend(family: Family) -> str:
    ours = (
        'Ours: mean ± sample standard deviation over the seeds, after pre-training '
        'alone. A row without a run is empty.'
    )
    paper = paper_figures(family.name)
    if paper.empty:
        return ours
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
