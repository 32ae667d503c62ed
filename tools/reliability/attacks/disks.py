"""Attacks with full disks and read-only folders."""

import os
import random
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .checks import check_same_end, refused
from .comparison import whole_checkpoints
from .lab import Lab
from .processes import Training
from .scenario import Fault, Round, scenario
from .tiny_run import STEPS_PER_EPOCH, Setup

DISK = 48  # megabytes
BLOCK = bytes(2**20)
TOO_SMALL = 100_000  # bytes; less than a checkpoint and more than a log
NO_OVERRIDE = ('setpriv', '--bounding-set', '-dac_override')  # root obeys permissions
FULL = Fault(
    'disks',
    'the disk stays full',
    'stops after three failed saves, names the path and keeps the last checkpoint; '
    'with room again, `--resume`: the same bits',
)
FULL_FOR_A_WHILE = Fault(
    'disks',
    'the disk is full at one save',
    'names the path, keeps the last checkpoint, trains on and ends with the same bits',
)
READ_ONLY_FOR_A_WHILE = Fault(
    'disks',
    'the output folder is read-only at one save',
    FULL_FOR_A_WHILE.expected,
)
READ_ONLY = Fault(
    'disks', 'the output folder is read-only from the start', 'an error with the path'
)


class SmallDisk:
    """A small disk that can be filled, or a file size limit if none can be mounted.

    Args:
        folder (Path): The folder of the disk.
        mounted (bool): Whether a disk is mounted there.
    """

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder = folder
        self.mounted = mounted
        self.filler = folder / 'filler'

    @property
    def kind(self) -> str:
        """Name in the notes."""
        return 'tmpfs' if self.mounted else 'limit of file sizes'

    def fill(self, training: Training) -> None:
        """Fill the disk, so that no checkpoint of a training fits."""
        if not self.mounted:
            self._limit(training, TOO_SMALL)
            return
        with suppress(OSError), self.filler.open('wb', buffering=0) as file:
            while True:
                file.write(BLOCK)

    def free(self, training: Training | None = None) -> None:
        """Free the space that :meth:`fill` has used."""
        self.filler.unlink(missing_ok=True)
        if not self.mounted and training is not None:
            self._limit(training, resource.RLIM_INFINITY)

    def _limit(self, training: Training, size: int) -> None:
        limits = size, resource.RLIM_INFINITY
        with suppress(ProcessLookupError):
            resource.prlimit(training.process.pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Context manager: create a folder with a disk of 48 MB if the user may mount one.

    Args:
        folder (Path): The folder, whose parent must exist.
    """
    folder.mkdir()
    options = ['-t', 'tmpfs', '-o', f'size={DISK}m', 'tmpfs', str(folder)]
    mounted = os.getuid() == 0 and _succeeds(['mount', *options])
    try:
        yield SmallDisk(folder, mounted)
    finally:
        if mounted:
            _succeeds(['umount', '-l', str(folder)])


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def obeying_permissions() -> list[str]:
    """Return a command prefix with which root's programs obey permissions."""
    if os.getuid() == 0 and shutil.which(NO_OVERRIDE[0]):
        return list(NO_OVERRIDE)
    return []


def check_kept(
    work_dir: Path, training: Training, step: int, size: int, round: Round
) -> None:
    """Check that the last checkpoint is intact after a failed save.

    Args:
        work_dir (Path): The output folder.
        training (Training): The training that tried to save.
        step (int): Step of the last checkpoint before.
        size (int): Bytes of a checkpoint.
        round (Round): Problems are added to it.
    """
    if max(whole_checkpoints(work_dir).values(), default=0) < step:
        round.lost += size
        round.problems.append(f'the checkpoint of step {step} is lost')
    text = training.printed()
    failed = work_dir / f'epoch_{step // STEPS_PER_EPOCH + 1}.pth'
    round.expect(str(failed) in text, f'{failed.name} is not named')
    round.expect('Traceback' not in text, 'a traceback')


@scenario('disks', 'full and read-only', faults=3)
def fail_to_save(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Fill the disk permanently, then for one save, then make the folder read-only."""
    setup = Setup()
    size = (lab.reference(setup)[1] / 'epoch_1.pth').stat().st_size
    for _ in range(rounds):
        base = lab.work_dir('disks').parent
        with small_disk(base / 'disk') as disk:
            work_dir = disk.folder / 'work'

            def start(*resume: str, folder: Path = work_dir, base: Path = base):
                number = len(list(base.glob('run*.out')))
                return lab.train(
                    setup,
                    folder,
                    *resume,
                    prefix=obeying_permissions(),
                    record=base / f'run{number}',
                )

            full = Round(FULL, disk.kind)
            training = start()
            training.wait_for_step(STEPS_PER_EPOCH + 1)
            disk.fill(training)
            end = training.end()
            full.problems += refused(end, str(work_dir))
            check_kept(work_dir, training, STEPS_PER_EPOCH, size, full)
            disk.free()
            yield full

            again = start('--resume')
            brief = Round(FULL_FOR_A_WHILE, disk.kind)
            step = _next_epoch(again)
            again.wait_for_step(step + 1)
            disk.fill(again)
            again.wait_for_step(step + STEPS_PER_EPOCH + 1)
            check_kept(work_dir, again, step, size, brief)
            disk.free(again)
            yield brief

            step = _next_epoch(again)
            again.wait_for_step(step + 1)
            read_only = Round(READ_ONLY_FOR_A_WHILE, 'chmod')
            work_dir.chmod(0o555)
            again.wait_for_step(step + STEPS_PER_EPOCH + 1)
            check_kept(work_dir, again, step, size, read_only)
            work_dir.chmod(0o755)
            check_same_end(lab, setup, again, work_dir, read_only)
            yield read_only


def _next_epoch(training: Training) -> int:
    """Return the last step of a training's current epoch."""
    done = training.wait_for_step()
    return (done // STEPS_PER_EPOCH + 1) * STEPS_PER_EPOCH


@scenario('disks', 'read-only start')
def start_read_only(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Start in a folder that cannot be written."""
    for _ in range(rounds):
        setup, work_dir = Setup(), lab.work_dir('read-only')
        work_dir.mkdir(mode=0o555)
        training = lab.train(setup, work_dir, prefix=obeying_permissions())
        round = Round(READ_ONLY, 'chmod', refused(training.end(), str(work_dir)))
        round.expect(not training.steps(), 'steps were trained')
        yield round
