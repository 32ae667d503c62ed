"""The finished seeds of an experiment, which a table averages over."""

import os
from collections.abc import Iterable, Sequence

from setsim_mm.runs.run_record import RunRecord, find_runs
from setsim_mm.runs.settings import differences
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import some_of


def finished_runs(
    folder: str | os.PathLike, names: Iterable[str] = ('*',)
) -> list[RunRecord]:
    """Read the finished runs in ``<folder>/<name>/seed_<seed>``.

    Args:
        folder (str | os.PathLike): The folder of all runs.
        names (Iterable[str]): The names to read. Defaults to all of them.

    Returns:
        list[RunRecord]: In the order of the names, and by seed.

    Raises:
        UserError: If the seeds of a name are not one experiment.
    """
    found = [
        run
        for name in dict.fromkeys(names)
        for run in sorted(find_runs(folder, f'{name}/seed_*'), key=by_seed)
        if run.metrics is not None
    ]
    for name in {run.name for run in found}:
        require_one_experiment([run for run in found if run.name == name])
    return found


def by_seed(run: RunRecord) -> tuple[str, int]:
    """Return the key that sorts runs by name and by seed, random seeds first."""
    return run.name, -1 if run.seed is None else run.seed


def require_one_experiment(runs: Sequence[RunRecord]) -> None:
    """Raise an error if runs must not be averaged.

    Args:
        runs (Sequence[RunRecord]): Runs that a table would average.

    Raises:
        UserError: If settings or inputs differ, or two of them have the same seed.
    """
    first_of: dict[int | None, RunRecord] = {}
    for run in runs:
        same = first_of.setdefault(run.seed, run)
        if same is not run and run.seed is not None:
            raise UserError(
                f'{str(same.work_dir)!r} and {str(run.work_dir)!r} hold the same run '
                f'({run.name}, seed {run.seed}): move one of them away, for a mean '
                'counts each seed once.'
            )
        differ = differences(
            runs[0].experiment, run.experiment, 'in the first', 'in the second'
        )
        if differ:
            raise UserError(
                f'{str(runs[0].work_dir)!r} and {str(run.work_dir)!r} trained with '
                f'different configs ({some_of(differ)}): move one of them away, for '
                'a table averages over the seeds of one config only.'
            )
