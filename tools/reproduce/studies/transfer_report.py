"""Write Tables 4 to 7 and their bar charts from the records of fine-tunings."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from setsim_mm.runs.tables import write_tables

from .finetunings import find_finetunings, warn_if_unmeasured
from .paper import heading_of
from .tasks import TITLES
from .transfer_plots import draw_bars
from .transfer_tables import OURS, PAPER, Comparison, compare


def transfer_report(work_dirs: Sequence[Path], out: Path) -> list[Path]:
    """Write Tables 4 to 7 with all finished runs.

    Args:
        work_dirs (Sequence[Path]): See
            :func:`~studies.finetunings.find_finetunings`.
        out (Path): The folder to write to.

    Returns:
        list[Path]: The Markdown files. CSV and PNG files are beside them.

    Raises:
        UserError: If there are no runs, or if runs of one row do not belong together.
    """
    rows = find_finetunings(work_dirs)
    for name, runs in rows.items():
        warn_if_unmeasured(name, runs)
    written = []
    for table in TITLES:
        compared = compare(table, rows)
        markdown, _ = write_tables(out / table, compared.markdown, compared.figures)
        draw_comparison(compared).savefig(markdown.with_suffix('.png'))
        written.append(markdown)
    return written


def draw_comparison(compared: Comparison) -> Figure:
    """Draw a bar for each cell of a table that is not empty.

    Args:
        compared (Comparison): The table.

    Returns:
        Figure: A panel for each column of the paper.
    """
    sources = compared.mean.index.get_level_values('source')
    drawn = compared.mean.loc[PAPER].dropna(axis=1, how='all').columns
    mean, std, cells = (
        table[drawn].droplevel('source').rename(columns=heading_of)
        for table in (compared.mean, compared.std, compared.cells)
    )
    return draw_bars(mean, std, cells, sources == OURS, compared.title)
