"""Write the table and the plot of a family from its records."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from setsim_mm.runs.metrics import PROBES, Metric, probes_among
from setsim_mm.runs.run_record import RunRecord
from setsim_mm.runs.tables import write_tables

from .families import Family
from .family_plots import draw_points, draw_rows
from .family_tables import as_markdown, paper_beside, table_of
from .paired import as_paired_markdown, differences_from
from .paper import relative_to
from .pretraining import ALONE, run_name
from .seeds import finished_runs

REFERENCE = '0.7'  # the threshold that the paper chooses


def report(
    family: Family, folder: Path, out: Path, matcher_alone: bool = False
) -> tuple[Path, Path, Path]:
    """Write the table and the plot of all finished seeds.

    Args:
        family (Family): The family.
        folder (Path): The folder of its runs.
        out (Path): The folder to write to.
        matcher_alone (bool): Whether to read the runs without geometry and without
            the symmetrised loss. Defaults to False.

    Returns:
        tuple[Path, Path, Path]: The table as Markdown and as CSV, and the plot.

    Raises:
        UserError: If the seeds of a run have different configs.
    """
    runs = {row.label: run_name(row, matcher_alone) for row in family.rows}
    records = finished_runs(folder, runs.values())
    stem = family.name + (ALONE if matcher_alone else '')
    title = family.title + (', matcher alone' if matcher_alone else '')
    logged = {name for record in records for name in record.metrics}
    metrics = probes_among(logged) or PROBES
    table = table_of(family, runs, records, metrics)
    text = as_markdown(family, table, title, metrics)
    text += compared(family, runs, records, metrics)
    markdown, csv = write_tables(out / stem, text, table)
    plot = markdown.with_suffix('.png')
    draw_family(family, runs, records, title, metrics).savefig(plot)
    return markdown, csv, plot


def compared(
    family: Family,
    runs: Mapping[str, str],
    records: Sequence[RunRecord],
    metrics: Sequence[Metric] = PROBES,
) -> str:
    """Return the differences from the reference of a family as Markdown.

    Args:
        family (Family): The family.
        runs (Mapping[str, str]): From the labels of its rows to the names of their
            runs.
        records (Sequence[RunRecord]): The finished runs of all seeds.
        metrics (Sequence[Metric]): The metrics to compare.

    Returns:
        str: A table and its legend; empty for a family without a reference, and before
        a seed of two rows is finished.
    """
    if family.reference is None:
        return ''
    table = differences_from(runs[family.reference], records, metrics)
    if table.empty:
        return ''
    table['run'] = table['run'].map({name: label for label, name in runs.items()})
    text = as_paired_markdown(table, metrics, 'this row', family.reference)
    return (
        f'\n{text}\n\nThe difference from {family.reference} is the mean over the '
        'seeds that both have, with its 95 % interval (Student).\n'
    )


def draw_family(
    family: Family,
    runs: Mapping[str, str],
    records: Sequence[RunRecord],
    title: str = '',
    metrics: Sequence[Metric] = PROBES,
) -> Figure:
    """Draw each seed, mean and standard deviation, and the paper's AP.

    Args:
        family (Family): The family.
        runs (Mapping[str, str]): From the labels of its rows to the names of their
            runs.
        records (Sequence[RunRecord]): The finished runs of all seeds.
        title (str): The title. Defaults to ''.
        metrics (Sequence[Metric]): The metrics. Those with a value get a panel.

    Returns:
        Figure: The rows of a table below each other, or the points of Figure 3 as a
        curve.
    """
    panels = {}
    for metric in metrics:
        values = [
            (label, value)
            for label, name in runs.items()
            for record in records
            if record.name == name and (value := metric.of(record.metrics)) is not None
        ]
        if values:
            panels[metric.heading] = pd.DataFrame(values, columns=['row', 'value'])
    if family.numeric:
        for values in panels.values():
            values['row'] = values['row'].astype(float)
        name = f"the paper's AP, relative to {family.heading} = {REFERENCE}"
        known = relative_to(family.name, REFERENCE).rename(name)
        return draw_points(family.heading, panels, known, title)
    paper = paper_beside(family).get('AP_box')
    if paper is not None:
        paper = paper.rename("the paper's AP, VOC detection")
    return draw_rows(list(runs), panels, paper, title)
