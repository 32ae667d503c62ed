"""From the work folders of checkpoints to Tables 4 to 7 and their bar charts."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from setsim_mm.runs import read_results, write_tables

from .paper import heading_of
from .rows import find_rows, require_one_checkpoint, warn_if_unmeasured
from .tasks import TASKS, TITLES
from .transfer_plots import draw_bars
from .transfer_tables import OURS, PAPER, Comparison, compare


def transfer_report(work_dirs: Sequence[Path], out: Path) -> list[Path]:
    """Write Tables 4 to 7 with all trials that are done.

    Args:
        work_dirs (Sequence[Path]): As :func:`~studies.rows.find_rows` takes
            them.
        out (Path): The folder to write to.

    Returns:
        list[Path]: The Markdown files; CSV and PNG lie beside them.

    Raises:
        UserError: If there are no runs, or if runs of one row disagree.
    """
    rows = find_rows(work_dirs)
    for folder in rows.values():
        require_one_checkpoint(folder)
    names = [task.name for task in TASKS]
    results = {row: read_results(folder, names) for row, folder in rows.items()}
    for row, folder in rows.items():
        warn_if_unmeasured(folder, results[row])
    written = []
    for table in TITLES:
        compared = compare(table, results)
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
