"""The folder in which trainings are attacked, and how they are started there."""

import random
import re
import shutil
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from tiny_setsim import environment, write_images

from .processes import NotReached, Training
from .tiny_run import IMAGES, Setup

MARGIN = 4  # epochs
KEEP_ALL = ('--cfg-options', 'default_hooks.checkpoint.max_keep_ckpts=-1')
# Files of an output folder that say what has become of a finished run.
OF_THE_END = ('.lock', 'last_evaluation.json')
EPOCHS_PER_ROUND = 10  # for the five faults of a chain, two each


class Lab:
    """Starts trainings; keeps one uninterrupted training of each kind to compare with.

    Args:
        folder (Path): Everything is written there.
        rounds (int): How often each fault is tried.
    """

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder = folder
        self.rounds = rounds
        self.epochs = MARGIN + EPOCHS_PER_ROUND * rounds
        self.images = write_images(folder / 'images', IMAGES)
        self._references: dict[Setup, Training] = {}
        self._locks: dict[Setup, Lock] = {}
        self._lock = Lock()

    def work_dir(self, name: str) -> Path:
        """Return a new folder for the output of a training, and for its records.

        Args:
            name (str): Of the attack, with any characters.
        """
        plain = re.sub(r'\W+', '-', name)
        with self._lock:
            for number in range(10_000):
                folder = self.folder / f'{plain}-{number}'
                if not folder.exists():
                    folder.mkdir(parents=True)
                    return folder / 'work'
        raise RuntimeError(f'too many folders named {plain}')

    def config(self, setup: Setup) -> Path:
        """Return the config of a kind of training, which is written if need be."""
        path = self.folder / f'{setup.kind}.py'
        with self._lock:
            if not path.exists():
                path.write_text(setup.config(self.images, self.epochs))
        return path

    def config_with(self, setup: Setup, work_dir: Path, text: str) -> Path:
        """Return a config of its own for a training: the usual one, with more text.

        Args:
            setup (Setup): How the training is run.
            work_dir (Path): The config is written beside it.
            text (str): What is added at the end.
        """
        path = work_dir.parent / self.config(setup).name
        path.write_text(self.config(setup).read_text() + text)
        return path

    def train(
        self,
        setup: Setup,
        work_dir: Path,
        *arguments: object,
        config: Path | None = None,
        prefix: Sequence[str] = (),
        record: Path | None = None,
        padding: int = 0,
    ) -> Training:
        """Start a training.

        Args:
            setup (Setup): How it is run.
            work_dir (Path): Its output folder.
            *arguments (object): Of ``tools/train.py``.
            config (Path, optional): Another config. Defaults to None.
            prefix (Sequence[str]): A command that starts the command. Defaults to
                none.
            record (Path, optional): See :class:`Training`. Defaults to None, beside
                the output folder.
            padding (int): Megabytes to add to each checkpoint. Defaults to 0.
        """
        record = record or self._free_record(work_dir.parent)
        command = setup.command(config or self.config(setup), work_dir, *arguments)
        variables = environment(
            STEP_LOG=str(record),
            CHECKPOINT_PADDING=str(padding),
            PORT=str(free_port()),
        )
        return Training([*prefix, *command], record.parent, record, variables)

    def _free_record(self, folder: Path) -> Path:
        number = len(list(folder.glob('run*.out'))) + 1
        return folder / f'run{number}'

    def reference(self, setup: Setup) -> tuple[Training, Path]:
        """Return an uninterrupted training, which keeps all of its checkpoints.

        The number of data workers must change nothing, so that there is one for all.

        Args:
            setup (Setup): How it is run.

        Returns:
            tuple[Training, Path]: The training that has ended, and its output folder.

        Raises:
            NotReached: If it failed.
        """
        setup = replace(setup, workers=0)
        work_dir = self.folder / f'reference-{setup.kind}' / 'work'
        with self._lock:
            lock = self._locks.setdefault(setup, Lock())
        with lock:
            if setup not in self._references:
                work_dir.parent.mkdir()
                training = self.train(setup, work_dir, *KEEP_ALL)
                self._references[setup] = training
                training.end()
            training = self._references[setup]
        if training.process.returncode != 0:
            raise NotReached(f'no training at all: {training.last_line()}')
        return training, work_dir

    def copy_of_reference(
        self, setup: Setup, work_dir: Path, checkpoints: int, of: int | None = None
    ) -> list[Path]:
        """Make an output folder in which a training has got as far as a checkpoint.

        Args:
            setup (Setup): How the training was run.
            work_dir (Path): From :meth:`work_dir`.
            checkpoints (int): How many of its checkpoints to copy.
            of (int, optional): Number of the last one, from 1. Defaults to None, as
                many as are copied.

        Returns:
            list[Path]: The copies, the oldest first.
        """
        _, source = self.reference(setup)
        last = of or checkpoints
        files = sorted(source.glob('*.pth'), key=lambda p: setup.steps_at(p.name))
        work_dir.mkdir()
        for path in source.iterdir():
            if path.is_file() and path.suffix != '.pth' and path.name not in OF_THE_END:
                shutil.copy2(path, work_dir)  # what else the command needs to go on
        copies = [
            Path(shutil.copy2(file, work_dir))
            for file in files[last - checkpoints : last]
        ]
        (work_dir / 'last_checkpoint').write_text(str(copies[-1]))
        return copies


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def generator(seed: int, name: str) -> random.Random:
    """Return the random numbers of a scenario, independent of the others' order."""
    return random.Random(f'{seed}/{name}')
