"""Tables 4 to 7: the paper's methods, and own checkpoints below them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from setsim_mm.runs.run_record import RunRecord
from setsim_mm.runs.tables import markdown_of

from .paper import heading_of, paper_figures
from .statistics import mean_and_spread, statistics_of
from .tasks import TASKS, TITLES

PAPER, OURS = 'paper', 'ours'
LEGEND = (
    'Ours: mean ± sample standard deviation after fine-tuning, and in brackets the '
    'number of trials; a single trial has no ±. A cell without a run is empty.\n\n'
    "The paper's: mean of five trials, after 200 epochs of pre-training. They can be "
    'compared with runs of the configs as they are, and not with tiny runs or other '
    'data.'
)
NOTES = {
    'table4': (
        'AP, AP50 and AP75 are the 11-point AP of VOC 2007 by the rules of '
        "detectron2's evaluator, as in the paper. AP pycocotools is COCO's AP of the "
        'same detections; the paper does not report it.'
    )
}


@dataclass(frozen=True)
class Comparison:
    """A table: a row for each method, a column for each metric.

    Args:
        table (str): ``'table4'`` to ``'table7'``.
        mean (pd.DataFrame): The paper's figures and our means; NaN without a value.
            The paper's columns come first, then the tasks' extras. Indexed by
            ``source``, that is ``'paper'`` or ``'ours'``, and by ``method``.
        std (pd.DataFrame): The sample's standard deviations; NaN for a single trial
            and for the paper.
        trials (pd.DataFrame): The number of our trials; NA for none.
    """

    table: str
    mean: pd.DataFrame
    std: pd.DataFrame
    trials: pd.DataFrame

    @property
    def title(self) -> str:
        """The heading of the table."""
        return TITLES[self.table]

    @property
    def cells(self) -> pd.DataFrame:
        """The text of each cell."""
        return pd.DataFrame(
            {
                column: map(
                    cell_of, self.mean[column], self.std[column], self.trials[column]
                )
                for column in self.mean
            },
            self.mean.index,
        )

    @property
    def markdown(self) -> str:
        """The title, the table and its legend."""
        methods = self.mean.index.to_frame()[['method', 'source']]
        legend = '\n\n'.join(filter(None, (NOTES.get(self.table), LEGEND)))
        return markdown_of(
            self.title, methods.join(self.cells.rename(columns=heading_of)), legend
        )

    @property
    def figures(self) -> pd.DataFrame:
        """The unrounded values: ``<metric>``, ``<metric>_std``, ``<metric>_trials``."""
        std, trials = self.std.add_suffix('_std'), self.trials.add_suffix('_trials')
        joined = self.mean.join(std).join(trials)
        ends = ('', '_std', '_trials')
        return joined[[f'{name}{end}' for name in self.mean for end in ends]]


def compare(table: str, rows: Mapping[str, Sequence[RunRecord]]) -> Comparison:
    """Build a table of the paper's figures with own checkpoints below them.

    Args:
        table (str): ``'table4'`` to ``'table7'``.
        rows (Mapping[str, Sequence[RunRecord]]): From the names of checkpoints to
            all their finished runs, those of other tables' tasks included.

    Returns:
        Comparison: The paper's rows in its order, then a row for each checkpoint.
    """
    paper = paper_figures(table)
    ours = {name: _cells(table, runs) for name, runs in rows.items()}
    index = pd.MultiIndex.from_tuples(
        [(PAPER, name) for name in paper.index] + [(OURS, name) for name in ours],
        names=['source', 'method'],
    )
    extras = [name for task in TASKS if task.table == table for name in task.extras]
    columns = [*paper.columns, *extras]
    mean, std, trials = (
        pd.DataFrame(index=index, columns=columns, dtype=float) for _ in range(3)
    )
    mean.loc[PAPER, paper.columns] = paper.to_numpy()
    for name, cells in ours.items():
        for column, cell in cells.items():
            place = (OURS, name), column
            mean.loc[place], std.loc[place] = cell['mean'], cell['std']
            trials.loc[place] = cell['count']
    return Comparison(table, mean, std, trials.replace(0, np.nan).astype('Int64'))


def _cells(table: str, runs: Sequence[RunRecord]) -> dict[str, pd.Series]:
    """Return mean, std and count of one checkpoint by the paper's column."""
    cells = {}
    for task in TASKS:
        of_task = [run for run in runs if run.name == task.name]
        if task.table != table or not of_task:
            continue
        statistics = statistics_of(of_task, list(task.columns.values()))
        for column, metric in task.columns.items():
            cells[column] = statistics.loc[task.name, metric.name]
    return cells


def cell_of(mean: float, std: float, trials: int | None) -> str:
    """Return the text of a cell.

    Examples:
        >>> cell_of(59.14, 0.21, 5), cell_of(59.1, float('nan'), None)
        ('59.1 ± 0.2 (5)', '59.1')
        >>> cell_of(float('nan'), float('nan'), None)
        ''
    """
    number = '' if pd.isna(trials) else f' ({trials})'
    return mean_and_spread(mean, std, 1) + number
