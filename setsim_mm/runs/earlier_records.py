"""Records of runs that earlier versions have written, which had two kinds."""

from pathlib import Path
from typing import Any

from setsim_mm.utils.errors import UserError
from setsim_mm.utils.json_files import read_json

from .metrics import last_values

# ablate.py and run_suite.py wrote one before and one after a run, finetune.py one.
TRIAL, RESULT = 'trial.json', 'result.json'
FINETUNING = 'finetuning.json'
INPUTS = ('checkpoint', 'data_root')


def read_earlier_record(work_dir: Path) -> dict[str, Any] | None:
    """Read the record of a run that an earlier version has written.

    Metrics come from the log, for ``result.json`` has some of them in percent.

    Args:
        work_dir (Path): The folder of the run.

    Returns:
        dict[str, Any] | None: The arguments of
        :class:`~setsim_mm.runs.run_record.RunRecord` but for the folder; None if there
        is no record.

    Raises:
        UserError: If the record is damaged, or has no name for the checkpoint that
            can be compared with that of other runs.
    """
    trial = work_dir / TRIAL
    if not trial.is_file():
        if (work_dir / FINETUNING).is_file():
            raise UserError(
                f'{str(work_dir)!r} holds a fine-tuning of an earlier version, whose '
                f'record ({FINETUNING}) does not name the checkpoint file: measure its '
                'last checkpoint with `tools/benchmarks/finetune.py --test`, and start '
                'again with --restart or move the folder away.'
            )
        return None
    record = read_json(trial, name=str, seed=int, settings=dict)
    settings = dict(record['settings'])
    inputs = {name: settings.pop(name) for name in INPUTS if name in settings}
    # <checkpoint>/<task>/seed_<seed>
    name = work_dir.resolve().parent.parent.name
    finished = (work_dir / RESULT).is_file()
    return dict(
        name=record['name'],
        seed=record['seed'],
        settings=settings,
        inputs=inputs,
        checkpoint=name if 'checkpoint' in inputs else None,
        metrics=last_values(work_dir) if finished else None,
    )
