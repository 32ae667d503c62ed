"""The rows of the tables: which folder holds the runs of which checkpoint."""

from collections.abc import Sequence
from pathlib import Path

from setsim_mm.runs import CLAIM, Result, claimed_settings
from setsim_mm.utils import UserError

from .tasks import TASKS


def find_rows(work_dirs: Sequence[Path]) -> dict[str, Path]:
    """Find the checkpoints that were fine-tuned.

    Args:
        work_dirs (Sequence[Path]): Each holds the runs of one checkpoint, or a folder
            for each of several checkpoints.

    Returns:
        dict[str, Path]: From the name of a checkpoint, which is that of its folder, to
        the folder; in the order given, and by name.

    Raises:
        UserError: If there are no runs in one of them, or two checkpoints of one name.
    """
    rows: dict[str, Path] = {}
    for work_dir in work_dirs:
        folders = [work_dir, *sorted(work_dir.glob('*/'))]
        found = [folder for folder in folders if _holds_runs(folder)]
        if not found:
            raise UserError(
                f'there are no runs of the benchmarks in {str(work_dir)!r}: give the '
                '--work-dir of tools/reproduce/run_suite.py, or a folder in it.'
            )
        for folder in found:
            name, known = folder.resolve().name, rows.get(folder.resolve().name)
            if known is not None and known.resolve() != folder.resolve():
                raise UserError(
                    f'{str(known)!r} and {str(folder)!r} have the same name, which is '
                    'that of a row: rename one of the folders.'
                )
            rows.setdefault(name, folder)
    return rows


def require_one_checkpoint(folder: Path, expected: str | None = None) -> None:
    """Refuse a row whose cells were measured with different weights.

    Args:
        folder (Path): Where the runs of one checkpoint are.
        expected (str, optional): The checkpoint that is to be run there, as
            :func:`~studies.suite.fingerprint` names it. Defaults to None.

    Raises:
        UserError: If a run there started from another checkpoint than the others.
    """
    first = None
    for work_dir in _trials_in(folder):
        settings = claimed_settings(work_dir)
        if settings is None:
            continue
        checkpoint = settings.get('checkpoint')
        expected = checkpoint if expected is None else expected
        if checkpoint != expected:
            other = f'than {str(first)!r}' if first else 'than the one given'
            raise UserError(
                f'{str(work_dir)!r} holds a run from another checkpoint {other}: '
                'choose another name with --name, or move it away.'
            )
        first = first or work_dir


def warn_if_unmeasured(folder: Path, results: Sequence[Result]) -> None:
    """Print a sentence for each task whose finished runs lack the table's metrics.

    Runs of VOC detection that an earlier version of this package measured have COCO's
    AP and not that of VOC 2007.

    Args:
        folder (Path): Where the runs of one checkpoint are.
        results (Sequence[Result]): Their results.
    """
    for task in TASKS:
        names = {metric.name for metric in task.metrics.values()}
        lacking = [
            str(result.seed)
            for result in results
            if result.name == task.name and names.isdisjoint(result.metrics)
        ]
        if lacking:
            print(
                f'{str(folder / task.name)!r} was measured by an earlier version, '
                f'without {", ".join(sorted(names))} (seeds {", ".join(lacking)}): '
                'these cells of the table stay empty. '
                '`tools/benchmarks/finetune.py CONFIG CHECKPOINT --test` prints them '
                'with the current config.'
            )


def _holds_runs(folder: Path) -> bool:
    return next(iter(_trials_in(folder)), None) is not None


def _trials_in(folder: Path) -> list[Path]:
    """The work folders of the trials of one checkpoint."""
    return [
        claim.parent
        for task in TASKS
        for claim in sorted(folder.glob(f'{task.name}/seed_*/{CLAIM}'))
    ]
