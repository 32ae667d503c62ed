"""Find fine-tuning runs by their records, and sort them into rows of the tables."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from setsim_mm.runs.run_record import RunRecord, find_runs
from setsim_mm.utils import UserError

from .seeds import by_seed, require_one_experiment
from .tasks import TASKS, task_of


def find_finetunings(work_dirs: Sequence[Path]) -> dict[str, list[RunRecord]]:
    """Find the runs of the paper's tasks by the names of their checkpoints.

    Args:
        work_dirs (Sequence[Path]): Folders that hold work folders of run_suite.py and
            finetune.py, at any depth.

    Returns:
        dict[str, list[RunRecord]]: The finished runs of each checkpoint, named by
        their tasks, by task and seed. A checkpoint without a finished run has none.

    Raises:
        UserError: If there are no runs in one of the folders, or if runs of a row do
            not belong together.
    """
    rows: dict[str, dict[Path, RunRecord]] = defaultdict(dict)
    for work_dir in work_dirs:
        found = [run for run in find_runs(work_dir) if run.checkpoint is not None]
        if not found:
            raise UserError(
                f'there are no runs of the benchmarks in {str(work_dir)!r}: give the '
                '--work-dir of run_suite.py or finetune.py, or a folder above it.'
            )
        for run in sorted(found, key=lambda run: run.checkpoint):
            task = task_of(run.name)
            if task is None:
                print(
                    f'{str(run.work_dir)!r} is in no table: the config {run.name!r} is '
                    "none of the paper's tasks."
                )
            else:
                named = replace(run, name=task.name)
                rows[run.checkpoint][run.work_dir.resolve()] = named
    return {name: _finished(runs.values()) for name, runs in rows.items()}


def _finished(row: Iterable[RunRecord]) -> list[RunRecord]:
    """Return the finished runs of a row, if all its runs belong together."""
    row = sorted(row, key=by_seed)
    require_one_checkpoint(row)
    finished = [run for run in row if run.metrics is not None]
    for task in TASKS:
        require_one_experiment([run for run in finished if run.name == task.name])
    return finished


def require_one_checkpoint(
    runs: Sequence[RunRecord], expected: str | None = None
) -> None:
    """Raise an error if runs of one row start from different checkpoints.

    Args:
        runs (Sequence[RunRecord]): The runs. Those without a checkpoint file or a
            result do not count.
        expected (str, optional): The digest of the checkpoint that further runs will
            start from. Defaults to None.

    Raises:
        UserError: If the digests differ.
    """
    first = 'the one given'
    for run in runs:
        if not run.begun:
            continue
        expected = run.inputs.get('checkpoint') if expected is None else expected
        if run.inputs.get('checkpoint') != expected:
            raise UserError(
                f'{str(run.work_dir)!r} holds a run from another checkpoint than '
                f'{first}: choose another name with --name, or move it away.'
            )
        first = repr(str(run.work_dir))


def warn_if_unmeasured(row: str, runs: Sequence[RunRecord]) -> None:
    """Print a sentence for each task whose runs have not logged the table's metrics.

    Runs of VOC detection that an earlier version has evaluated have COCO's AP only.

    Args:
        row (str): The name of the checkpoint.
        runs (Sequence[RunRecord]): Its finished runs.
    """
    for task in TASKS:
        names = {metric.name for metric in task.metrics.values()}
        lacking = [
            repr(str(run.work_dir))
            for run in runs
            if run.name == task.name and names.isdisjoint(run.metrics)
        ]
        if lacking:
            print(
                f'{row} has empty cells for {task.name}: {", ".join(sorted(names))} '
                f'is not in the log of {", ".join(lacking)}, as in runs of an earlier '
                'version. `tools/benchmarks/finetune.py CONFIG CHECKPOINT --test` '
                'prints them with the current config.'
            )
