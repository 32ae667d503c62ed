"""A named run with a seed: where it writes, what starts it, how far it is."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mmengine.config import Config

from setsim_mm.runs.metrics import PROBES, Metric, last_values
from setsim_mm.runs.settings import digest, settings_of
from setsim_mm.runs.work_folders import (
    CLAIM,
    RESULT,
    claimed_settings,
    end_of,
    holds_work,
    some_differences,
    work_dir_of,
)
from setsim_mm.utils import UserError
from setsim_mm.utils.durable_files import write_text_whole

# What mmengine prints: `Epoch(train) [3][ 20/500]`, `Iter(train) [  50/20000]`.
EPOCH = re.compile(r'Epoch\(train\)\s+\[(\d+)\]\[\s*(\d+)/(\d+)\]')
ITERATION = re.compile(r'Iter\(train\)\s+\[\s*(\d+)/(\d+)\]')


# Two are the same trial only if they are the same object.
@dataclass(frozen=True, eq=False)
class Trial:
    """A training run with a seed, and a folder of its own.

    Args:
        name (str): The run's name, the same for all its seeds.
        seed (int): Its seed.
        folder (Path): Where the runs of all names are.
        config (Config): The whole config, apart from the seed.
        launch (tuple[str, ...]): The command. ``CONFIG``, ``WORK_DIR`` and ``SEED`` in
            it stand for what belongs to this trial, the last one for an option of
            ``--cfg-options``. It must go on from the last checkpoint by itself.
        processes (int): How many train together. Defaults to 1.
        metrics (tuple[Metric, ...]): What the run results in, as it logs it.
        inputs (Mapping[str, str]): What else decides the result, such as the digest of
            the checkpoint that it starts from. Defaults to nothing.
    """

    name: str
    seed: int
    folder: Path
    config: Config
    launch: tuple[str, ...]
    processes: int = 1
    metrics: tuple[Metric, ...] = PROBES
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def work_dir(self) -> Path:
        """The folder of this trial alone."""
        return work_dir_of(self.folder, self.name, self.seed)

    @property
    def log(self) -> Path:
        """What the command prints."""
        return self.work_dir / 'trial.log'

    @property
    def title(self) -> str:
        """How people are told of it."""
        return f'{self.name}, seed {self.seed}'

    @property
    def config_file(self) -> Path:
        """The config that the command is given."""
        return self.work_dir / f'{self.name}.py'

    @property
    def command(self) -> list[str]:
        """The command that runs it, and that goes on with it."""
        own = dict(
            CONFIG=self.config_file,
            WORK_DIR=self.work_dir,
            SEED=f'randomness.seed={self.seed}',
        )
        return [str(own.get(part, part)) for part in self.launch]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the result, beside the seed."""
        return dict(settings_of(self.config, self.processes), **self.inputs)

    @property
    def done(self) -> bool:
        """Whether there is a result."""
        return (self.work_dir / RESULT).is_file()

    @property
    def begun(self) -> bool:
        """Whether there is something to go on from."""
        return holds_work(self.work_dir)

    def prepare(self) -> None:
        """Write the config that the command reads, and whose folder this is."""
        self.work_dir.mkdir(parents=True, exist_ok=True)
        claim = dict(name=self.name, seed=self.seed, settings=self.settings)
        write_text_whole(self.work_dir / CLAIM, json.dumps(claim, indent=1))
        write_text_whole(self.config_file, self.config.pretty_text)
        if not self.begun:
            self.log.unlink(missing_ok=True)  # of an attempt that got nowhere

    def finish(self) -> dict[str, float]:
        """Write what the finished run results in.

        Returns:
            dict[str, float]: The metrics by name.

        Raises:
            FileNotFoundError: If the run has logged nothing.
            UserError: If it has logged none of the metrics.
        """
        values = last_values(self.work_dir, self.metrics)
        if not values:
            raise UserError(
                f'its log has no {" and no ".join(m.name for m in self.metrics)}'
            )
        result = dict(
            name=self.name,
            seed=self.seed,
            digest=digest(self.settings),
            metrics=values,
        )
        write_text_whole(self.work_dir / RESULT, json.dumps(result, indent=1))
        return values

    def progress(self) -> float:
        """Read from what the command printed how far it is, between 0 and 1."""
        if self.done:
            return 1.0
        text = end_of(self.log)
        epochs = self.config.train_cfg.get('max_epochs')
        if epochs and (steps := EPOCH.findall(text)):
            epoch, step, length = map(int, steps[-1])
            return (epoch - 1 + step / length) / epochs
        if steps := ITERATION.findall(text):
            step, length = map(int, steps[-1])
            return step / length
        return 0.0


@dataclass(frozen=True)
class Failure:
    """A trial that did not end well.

    Args:
        trial (Trial): Which.
        reason (str): What is known of the cause.
    """

    trial: Trial
    reason: str

    def __str__(self) -> str:
        """Say it in a sentence, with the file that says more."""
        return f'{self.trial.title}: {self.reason} (log: {self.trial.log})'


def require_success(failures: Sequence[Failure]) -> None:
    """End with what went wrong, after everything else was done.

    Args:
        failures (Sequence[Failure]): Of all trials.

    Raises:
        UserError: If there are any.
    """
    if failures:
        raise UserError(
            f'{len(failures)} of the runs have no result: '
            f'{"; ".join(map(str, failures))}: mend the cause and run the same command '
            'again.'
        )


def require_free(trials: Iterable[Trial]) -> None:
    """Refuse work folders in which something else has been run.

    Args:
        trials (Iterable[Trial]): What is to be run. Nothing is written.

    Raises:
        UserError: At the first folder that holds another run, of this seed or of
            another one of the same name.
    """
    for trial in trials:
        if trial.begun and not (trial.work_dir / CLAIM).is_file():
            raise UserError(
                f'{str(trial.work_dir)!r} holds a run that was not started from here: '
                'choose another folder with --work-dir, or move it away.'
            )
        for folder in sorted(trial.work_dir.parent.glob('seed_*')):
            claimed = claimed_settings(folder)
            if claimed is not None and claimed != trial.settings:
                differ = some_differences(claimed, trial.settings, 'there', 'here')
                raise UserError(
                    f'{str(folder)!r} holds a run of another config ({differ}): choose '
                    'another folder with --work-dir, or move it away.'
                )
