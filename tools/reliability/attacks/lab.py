"""The folder of the attacked trainings, and functions that start them."""

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
# Files of an output folder that a finished run has written at its end.
WRITTEN_AT_END = ('.lock', 'last_evaluation.json')
EPOCHS_PER_ROUND = 10  # two for each of a chain's five faults


class Lab:
    """Starts trainings, and keeps an uninterrupted training of each kind as reference.

    Args:
        folder (Path): Folder for all files.
        rounds (int): Number of tries of each fault.
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
        """Return a new output folder of a training; its parent is for records.

        Args:
            name (str): Name of the attack with any characters.
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
        """Return the config of a kind of training; write it if it is missing."""
        path = self.folder / f'{setup.kind}.py'
        with self._lock:
            if not path.exists():
                path.write_text(setup.config(self.images, self.epochs))
        return path

    def config_with(self, setup: Setup, work_dir: Path, text: str) -> Path:
        """Write a config with additional text for a training, and return its path.

        Args:
            setup (Setup): How the training is run.
            work_dir (Path): Its output folder. The config is written to the parent.
            text (str): The text to append.
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
            *arguments (object): Arguments of ``tools/train.py``.
            config (Path, optional): Another config. Defaults to None.
            prefix (Sequence[str]): Prefix of the command. Defaults to none.
            record (Path, optional): See :class:`Training`. Defaults to None, a file
                beside the output folder.
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
        """Return an uninterrupted training that keeps all of its checkpoints.

        It is the same for all numbers of data workers, which must not matter.

        Args:
            setup (Setup): How it is run.

        Returns:
            tuple[Training, Path]: The ended training, and its output folder.

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
            raise NotReached(f'the reference failed: {training.last_line()}')
        return training, work_dir

    def copy_of_reference(
        self, setup: Setup, work_dir: Path, checkpoints: int, of: int | None = None
    ) -> list[Path]:
        """Copy the output folder of the reference up to a checkpoint.

        Args:
            setup (Setup): How the training was run.
            work_dir (Path): The copy, from :meth:`work_dir`.
            checkpoints (int): Number of checkpoints to copy.
            of (int, optional): Number of the last one, from 1. Defaults to None, the
                number of copies.

        Returns:
            list[Path]: The copied checkpoints from the oldest to the newest.
        """
        _, source = self.reference(setup)
        last = of or checkpoints
        files = sorted(source.glob('*.pth'), key=lambda p: setup.steps_at(p.name))
        work_dir.mkdir()
        for path in source.iterdir():
            is_checkpoint = path.suffix == '.pth'
            if path.is_file() and not is_checkpoint and path.name not in WRITTEN_AT_END:
                shutil.copy2(path, work_dir)  # other files for resuming
        copies = [
            Path(shutil.copy2(file, work_dir))
            for file in files[last - checkpoints : last]
        ]
        (work_dir / 'last_checkpoint').write_text(str(copies[-1]))
        return copies


def free_port() -> int:
    """Return a free TCP port."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def generator(seed: int, name: str) -> random.Random:
    """Return the random generator of a scenario, independent of other scenarios."""
    return random.Random(f'{seed}/{name}')
