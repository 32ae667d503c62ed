"""From the work folders of a family to its table and its plot."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from setsim_mm.visualization.ablations import draw_rows

from .families import Family
from .metrics import PROBES, Metric
from .paper import paper_figures
from .pretraining import run_name
from .tables import table_of, title_of, write_tables
from .trials import Result, read_results


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
    table = table_of(family, runs, results)
    stem = family.name + ('_matcher-alone' if matcher_alone else '')
    markdown, csv = write_tables(family, table, out, stem)
    plot = out / f'{stem}.png'
    draw(family, runs, results).savefig(plot)
    return markdown, csv, plot


def draw(
    family: Family,
    runs: dict[str, str],
    results: Sequence[Result],
    metrics: Sequence[Metric] = PROBES,
) -> Figure:
    """Draw a family.

    Args:
        family (Family): What to draw.
        runs (dict[str, str]): From the labels of its rows to the names of their runs.
        results (Sequence[Result]): Of all seeds.
        metrics (Sequence[Metric]): A panel for each of which there is a value.

    Returns:
        Figure: Each seed, mean and standard deviation, and the paper's AP.
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
    paper = paper_figures(family.name)
    return draw_rows(
        list(runs),
        panels,
        paper['AP_box'] if 'AP_box' in paper else None,
        title_of(family),
        "paper's AP, VOC detection",
    )
