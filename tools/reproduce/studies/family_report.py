"""From the work folders of a family to its table and its plot."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from setsim_mm.runs.metrics import PROBES, Metric
from setsim_mm.runs.results import Result, read_results
from setsim_mm.runs.tables import write_tables

from .families import Family
from .family_plots import draw_points, draw_rows
from .family_tables import as_markdown, paper_beside, table_of, title_of
from .paper import relative_to
from .pretraining import ALONE, run_name

REFERENCE = '0.7'  # the threshold that the paper chooses


def report(
    family: Family, folder: Path, out: Path, matcher_alone: bool = False
) -> tuple[Path, Path, Path]:
    """Write table and plot of all the seeds that are done.

    Args:
        family (Family): What to read.
        folder (Path): Where its runs are.
        out (Path): The folder to write to.
        matcher_alone (bool): Which of its runs. Defaults to False.

    Returns:
        tuple[Path, Path, Path]: The table as Markdown and as CSV, and the plot.

    Raises:
        UserError: If seeds of a run disagree on the config.
    """
    runs = {row.label: run_name(row, matcher_alone) for row in family.rows}
    results = read_results(folder, runs.values())
    stem = family.name + (ALONE if matcher_alone else '')
    title = title_of(family) + (', matcher alone' if matcher_alone else '')
    table = table_of(family, runs, results)
    text = as_markdown(family, table, title)
    markdown, csv = write_tables(out / stem, text, table)
    plot = markdown.with_suffix('.png')
    draw_family(family, runs, results, title).savefig(plot)
    return markdown, csv, plot


def draw_family(
    family: Family,
    runs: Mapping[str, str],
    results: Sequence[Result],
    title: str = '',
    metrics: Sequence[Metric] = PROBES,
) -> Figure:
    """Draw every seed, their mean and standard deviation, and the paper's AP.

    Args:
        family (Family): What to draw.
        runs (Mapping[str, str]): From the labels of its rows to the names of their
            runs.
        results (Sequence[Result]): Of all seeds.
        title (str): Stands above. Defaults to ''.
        metrics (Sequence[Metric]): A panel for each of which there is a value.

    Returns:
        Figure: A table's rows one below the other, or Figure 3's points as a curve.
    """
    panels = {}
    for metric in metrics:
        values = [
            (label, result.metrics[metric.name])
            for label, run in runs.items()
            for result in results
            if result.name == run and metric.name in result.metrics
        ]
        if values:
            panels[metric.heading] = pd.DataFrame(values, columns=['row', 'value'])
    if family.numeric:
        for values in panels.values():
            values['row'] = values['row'].astype(float)
        name = f"the paper's AP, relative to {family.heading} = {REFERENCE}"
        known = relative_to(family.name, REFERENCE).rename(name)
        return draw_points(family.heading, panels, known, title)
    paper = paper_beside(family)['AP_box'].rename("the paper's AP, VOC detection")
    return draw_rows(list(runs), panels, paper, title)
