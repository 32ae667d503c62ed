"""Trials: runs of a config with a seed, their commands and their progress."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mmengine.config import Config

from setsim_mm.runs.metrics import PROBES, Metric
from setsim_mm.runs.run_record import (
    RunRecord,
    find_runs,
    read_record,
    require_own_folder,
)
from setsim_mm.runs.settings import settings_of
from setsim_mm.utils import UserError
from setsim_mm.utils.durable_files import write_text_whole

# What mmengine prints: `Epoch(train) [3][ 20/500]`, `Iter(train) [  50/20000]`.
EPOCH = re.compile(r'Epoch\(train\)\s+\[(\d+)\]\[\s*(\d+)/(\d+)\]')
ITERATION = re.compile(r'Iter\(train\)\s+\[\s*(\d+)/(\d+)\]')
TAIL = 2**16  # bytes at the end of a log in which the last of these is looked for


# Two are the same trial only if they are the same object.
@dataclass(frozen=True, eq=False)
class Trial:
    """A training run with a seed and its own folder.

    Args:
        name (str): The name of the run, the same for all seeds.
        seed (int): The seed.
        folder (Path): The folder of the runs of all names.
        config (Config): The whole config, apart from the seed.
        launch (tuple[str, ...]): The command. ``CONFIG``, ``WORK_DIR`` and ``SEED`` in
            it are replaced by those of this trial, ``SEED`` by an option of
            ``--cfg-options``. The command must resume from the last checkpoint by
            itself.
        processes (int): The number of training processes. Defaults to 1.
        metrics (tuple[Metric, ...]): The metrics to read from the log. Defaults to
            those of the probes.
        inputs (Mapping[str, Any]): What decides the result beside config and seed,
            such as the digest of a checkpoint. Defaults to nothing.
        checkpoint (str, optional): The name in the tables of the checkpoint that a
            fine-tuning starts from. Defaults to None, a pre-training.
        call (Callable[[Trial], None], optional): Runs the trial in this process and
            not the command, for work that takes less time than to start a process.
            Defaults to None.
    """

    name: str
    seed: int
    folder: Path
    config: Config
    launch: tuple[str, ...]
    processes: int = 1
    metrics: tuple[Metric, ...] = PROBES
    inputs: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: str | None = None
    call: Callable[['Trial'], None] | None = None

    @property
    def work_dir(self) -> Path:
        """The folder of this trial alone."""
        return Path(self.folder, self.name, f'seed_{self.seed}')

    @property
    def log(self) -> Path:
        """The file with the output of the command."""
        return self.work_dir / 'trial.log'

    @property
    def title(self) -> str:
        """The name and the seed, for messages."""
        return f'{self.name}, seed {self.seed}'

    @property
    def config_file(self) -> Path:
        """The config file of the command."""
        return self.work_dir / f'{self.name}.py'

    @property
    def command(self) -> list[str]:
        """The command that starts or resumes the run."""
        own = dict(
            CONFIG=self.config_file,
            WORK_DIR=self.work_dir,
            SEED=f'randomness.seed={self.seed}',
        )
        return [str(own.get(part, part)) for part in self.launch]

    @cached_property
    def record(self) -> RunRecord:
        """The record of the run before it has ended."""
        return RunRecord(
            self.work_dir,
            self.name,
            self.seed,
            settings_of(self.config, self.processes),
            dict(self.inputs),
            self.checkpoint,
        )

    @property
    def done(self) -> bool:
        """Return whether the run has ended with a metric."""
        record = read_record(self.work_dir)
        return record is not None and self._has_result(record)

    @property
    def begun(self) -> bool:
        """Return whether there is a checkpoint to resume from, or a result."""
        return self.done or self.record.begun

    def prepare(self) -> None:
        """Write the record, and the config that the command reads."""
        self.work_dir.mkdir(parents=True, exist_ok=True)
        self.record.write()
        write_text_whole(self.config_file, self.config.pretty_text)
        if not self.begun:
            self.log.unlink(missing_ok=True)  # of an attempt without a checkpoint

    def finish(self) -> dict[str, float]:
        """Write the metrics of the ended run into its record.

        Returns:
            dict[str, float]: Everything that was logged, by name.

        Raises:
            FileNotFoundError: If there is no training log.
            UserError: If none of the metrics was logged.
        """
        record = self.record.finish()
        if not self._has_result(record):
            raise UserError(
                f'its log has no {" and no ".join(m.name for m in self.metrics)}'
            )
        return record.metrics

    def progress(self) -> float:
        """Return the part that is done, from 0 to 1, by the output of the command."""
        if self.done:
            return 1.0
        if not self.log.is_file():
            return 0.0
        with open(self.log, 'rb') as file:
            file.seek(max(0, self.log.stat().st_size - TAIL))
            text = file.read().decode(errors='replace')
        epochs = self.config.train_cfg.get('max_epochs')
        if epochs and (steps := EPOCH.findall(text)):
            epoch, step, length = map(int, steps[-1])
            return (epoch - 1 + step / length) / epochs
        if steps := ITERATION.findall(text):
            step, length = map(int, steps[-1])
            return step / length
        return 0.0

    def _has_result(self, record: RunRecord) -> bool:
        return any(metric.of(record.metrics) is not None for metric in self.metrics)


def require_free(trials: Iterable[Trial]) -> None:
    """Raise an error if a folder of a trial or of another seed holds another run.

    Args:
        trials (Iterable[Trial]): The trials to run. Nothing is written.

    Raises:
        UserError: If a folder holds a run of another config, of other inputs or
            without a record.
    """
    for trial in trials:
        require_own_folder(trial.record)
        for other in find_runs(trial.work_dir.parent, 'seed_*'):
            require_own_folder(
                replace(trial.record, work_dir=other.work_dir, seed=other.seed)
            )
