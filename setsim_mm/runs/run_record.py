"""The record of a run: what decides its result, where it is, and what came out."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mmengine.config import Config

from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.json_files import damaged, read_json
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.work_dir import last_checkpoint

from .earlier_records import FINETUNING, TRIAL, read_earlier_record
from .metrics import last_values
from .settings import differences, settings_of

RECORD = 'run.json'
NEEDED = dict(name=str, settings=dict, inputs=dict)
OPTIONAL = dict(seed=int, checkpoint=str, metrics=dict)
PROVENANCE = 'provenance'  # an entry of the file that only write_provenance changes


@dataclass(frozen=True)
class RunRecord:
    """A run, as ``run.json`` in its work folder describes it.

    Args:
        work_dir (Path): The folder of the run. It is not written to the file, so that
            the folder can be moved.
        name (str): The name of the run, the same for all seeds.
        seed (int | None): The seed; None if a random one was drawn.
        settings (dict[str, Any]): From :func:`~setsim_mm.runs.settings.settings_of`.
        inputs (dict[str, Any]): What decides the result beside config and seed, such
            as the digest of the checkpoint that a fine-tuning starts from.
        checkpoint (str, optional): The name in the tables of the checkpoint that a
            fine-tuning starts from. Defaults to None, a pre-training.
        metrics (dict[str, float], optional): The last value of each logged quantity,
            by name. Defaults to None: the run has not ended.
    """

    work_dir: Path
    name: str
    seed: int | None
    settings: dict[str, Any]
    inputs: dict[str, Any] = field(default_factory=dict)
    checkpoint: str | None = None
    metrics: dict[str, float] | None = None

    @property
    def experiment(self) -> dict[str, Any]:
        """Everything that decides the result beside the seed."""
        return dict(self.settings, **self.inputs)

    @property
    def begun(self) -> bool:
        """Return whether the folder holds a checkpoint or a result."""
        return self.metrics is not None or last_checkpoint(self.work_dir) is not None

    def write(self) -> None:
        """Write the record to its folder, which must exist.

        The provenance in the file is kept.
        """
        content = asdict(self)
        del content['work_dir']
        path = Path(self.work_dir, RECORD)
        try:
            content[PROVENANCE] = read_json(path)[PROVENANCE]
        except (OSError, KeyError, UserError):  # none, or a damaged file
            pass
        write_text_whole(path, json.dumps(content, indent=1) + '\n')

    def finish(self) -> 'RunRecord':
        """Write the record with the metrics that the run has logged.

        Returns:
            RunRecord: The record with its metrics.

        Raises:
            FileNotFoundError: If the run has no log.
        """
        finished = replace(self, metrics=last_values(self.work_dir))
        finished.write()
        return finished


def training_record(
    cfg: Config,
    processes: int = 1,
    inputs: Mapping[str, Any] | None = None,
    checkpoint: str | None = None,
) -> RunRecord:
    """Return the record of a training that has not started.

    Args:
        cfg (Config): The config, before a program adds paths or wrappers to it.
        processes (int): The number of training processes. Defaults to 1.
        inputs (Mapping[str, Any], optional): What decides the result beside config and
            seed. Entries that are False are left out. Defaults to None.
        checkpoint (str, optional): See :class:`RunRecord`. Defaults to None.

    Returns:
        RunRecord: Its name is that of the config file.
    """
    return RunRecord(
        Path(cfg.get('work_dir') or '.'),
        Path(cfg.filename or 'config').stem,
        cfg.get('randomness', {}).get('seed'),
        settings_of(cfg, processes),
        {name: value for name, value in (inputs or {}).items() if value is not False},
        checkpoint,
    )


def read_record(work_dir: str | os.PathLike) -> RunRecord | None:
    """Read the record of a run, which an earlier version may have written.

    Args:
        work_dir (str | os.PathLike): The folder of the run.

    Returns:
        RunRecord | None: None if there is no record.

    Raises:
        UserError: If the record is damaged, or of an earlier version and not readable.
    """
    path = Path(work_dir, RECORD)
    if not path.is_file():
        earlier = read_earlier_record(path.parent)
        return None if earlier is None else RunRecord(path.parent, **earlier)
    content = read_json(path, **NEEDED)
    for name, kind in OPTIONAL.items():
        if not isinstance(content.setdefault(name), kind | None):
            raise damaged(path, f'its {name!r} is not of the type {kind.__name__}')
    for name, value in (content['metrics'] or {}).items():
        if not isinstance(value, int | float):
            raise damaged(path, f'its {name!r} is no number')
    names = (*NEEDED, *OPTIONAL)
    return RunRecord(path.parent, **{name: content[name] for name in names})


def find_runs(folder: str | os.PathLike, pattern: str = '**') -> list[RunRecord]:
    """Find the records of all runs below a folder.

    Args:
        folder (str | os.PathLike): The folder, which may be missing.
        pattern (str): The work folders to look at, relative to ``folder``. Defaults
            to ``'**'``, the folder itself and everything below it.

    Returns:
        list[RunRecord]: Sorted by work folder.

    Raises:
        UserError: If a record cannot be read.
    """
    files = (RECORD, TRIAL, FINETUNING)
    paths = [path for file in files for path in Path(folder).glob(f'{pattern}/{file}')]
    records = map(read_record, sorted({path.parent for path in paths}))
    return [record for record in records if record is not None]


def require_own_folder(record: RunRecord) -> bool:
    """Raise an error if the folder of a run holds another run.

    Args:
        record (RunRecord): The run that is to be started in ``record.work_dir``.

    Returns:
        bool: Whether the folder holds a part or the result of this run.

    Raises:
        UserError: If it holds another run. Nothing is written.
    """
    there = read_record(record.work_dir)
    folder = repr(str(record.work_dir))
    advice = 'choose another folder with --work-dir, or move it away.'
    if there is None and last_checkpoint(record.work_dir) is not None:
        raise UserError(f'{folder} holds a run without a record ({RECORD}): {advice}')
    if there is None or not there.begun:
        return False
    before, now = (dict(run.experiment, seed=run.seed) for run in (there, record))
    differ = differences(before, now, 'there', 'here')
    if differ:
        raise UserError(f'{folder} holds another run ({some_of(differ)}): {advice}')
    return True


def write_record(record: RunRecord, resume: bool, restart: bool = False) -> None:
    """Write the record of a run that starts, unless it is resumed.

    Args:
        record (RunRecord): The run; its folder must exist.
        resume (bool): Whether a run of the same record is resumed.
        restart (bool): Whether the record of any other run is replaced. Defaults to
            False.

    Raises:
        UserError: If the folder holds another run, or this one and ``resume`` is
            False. Nothing is written then.
    """
    if not restart and require_own_folder(record):
        if not resume:
            raise UserError(
                f'{str(record.work_dir)!r} holds this run already: add --resume to '
                'continue it, or choose another folder with --work-dir.'
            )
        return
    record.write()


def continue_record(record: RunRecord) -> RunRecord:
    """Write the record of a run that may be resumed with changed settings.

    Args:
        record (RunRecord): The run with its present settings.

    Returns:
        RunRecord: The record with the inputs of the earlier sessions. Nothing is
        written if the folder holds the same record.

    Raises:
        UserError: If the record in the folder cannot be read.
    """
    there = read_record(record.work_dir)
    if there is not None and there.begun:
        record = replace(record, inputs={**there.inputs, **record.inputs})
        if (there.experiment, there.seed) == (record.experiment, record.seed):
            return replace(there, metrics=None)
    record.write()
    return record
