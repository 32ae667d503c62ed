"""Attacks with broken files, and commands that could overwrite intact files."""

import hashlib
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

from .checks import check_same_end, refused, resume_and_check
from .lab import KEEP_ALL, Lab
from .processes import NotReached
from .scenario import Fault, Round, scenario
from .tiny_run import Setup

SETUP = Setup()
RESUMES = 'resumes from the newest checkpoint and ends with the same bits'
SKIPPED = 'named and skipped; resumes from the newest intact one: the same bits'
POINTERS = {
    Fault('files', f'pointer file {state}', RESUMES): content
    for state, content in {
        'missing': None,
        'empty': b'',
        'with garbage': b'\xff\x00\xfe garbage',
        'naming a file that is gone': b'/nowhere/epoch_99.pth',
    }.items()
}
BEHIND = Fault(
    'files',
    'killed between the last checkpoint and its pointer',
    '`--resume` has nothing to train and names the last checkpoint',
)
TRUNCATED = Fault('files', 'checkpoint truncated at a random byte', SKIPPED)
INVERTED = Fault('files', 'checkpoint with 16 inverted bytes', SKIPPED)
EMPTY = Fault('files', 'empty checkpoint', SKIPPED)
TEXT = Fault('files', 'checkpoint replaced by text', SKIPPED)
ALL_BROKEN = Fault('files', 'all checkpoints broken', 'an error; no file is changed')
OVERWRITE = Fault(
    'files', 'the folder of a run, without `--resume`', 'an error; no file is changed'
)
RESTART = Fault(
    'files',
    'the folder of a run, with `--restart`',
    'starts again; the old checkpoints are kept in a subfolder, byte for byte',
)
TWO_RUNS = Fault(
    'files', 'a second run in the folder', 'an error; the first run is not affected'
)


def break_file(path: Path, fault: Fault, rng: random.Random) -> None:
    """Damage a file according to a fault."""
    content = bytearray(path.read_bytes())
    if fault is TRUNCATED:
        content = content[: rng.randrange(1, len(content))]
    elif fault is INVERTED:
        for place in rng.sample(range(len(content)), 16):
            content[place] ^= 0xFF
    elif fault is EMPTY:
        content = bytearray()
    else:
        content = bytearray(b'Not a checkpoint.\n' * 100)
    path.write_bytes(content)


def hashes(folder: Path) -> list[str]:
    """Return the sorted hashes of all checkpoints in a folder and its subfolders."""
    files = folder.rglob('*.pth')
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)


@scenario('files', 'pointer', faults=len(POINTERS))
def break_pointer(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Resume with a missing or wrong pointer file."""
    for fault, content in list(POINTERS.items()) * rounds:
        round = Round(fault, SETUP.name)
        work_dir = lab.work_dir('pointer')
        lab.copy_of_reference(SETUP, work_dir, 2, of=lab.epochs - 1)
        pointer = work_dir / 'last_checkpoint'
        if content is None:
            pointer.unlink()
        else:
            pointer.write_bytes(content)
        training = resume_and_check(lab, SETUP, work_dir, round)
        first = min((record['step'] for record in training.steps()), default=0)
        expected = SETUP.steps_at(f'epoch_{lab.epochs - 1}.pth') + 1
        round.expect(first == expected, f'began at step {first}, not {expected}')
        yield round


@scenario('files', 'pointer behind')
def leave_pointer_behind(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Resume a finished training whose pointer names the checkpoint before the last."""
    for _ in range(rounds):
        round = Round(BEHIND, SETUP.name)
        work_dir = lab.work_dir('pointer behind')
        before, _ = lab.copy_of_reference(SETUP, work_dir, 2, of=lab.epochs)
        (work_dir / 'last_checkpoint').write_text(str(before))
        training = resume_and_check(lab, SETUP, work_dir, round, *KEEP_ALL)
        round.expect(not training.steps(), 'steps were trained again')
        yield round


@scenario('files', 'checkpoints', faults=8)
def break_checkpoints(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Resume in a folder whose newest checkpoints are broken in different ways."""
    for _ in range(rounds):
        faults = [TRUNCATED] * 2 + [INVERTED] * 4 + [EMPTY, TEXT]
        rng.shuffle(faults)
        work_dir = lab.work_dir('broken')
        copies = lab.copy_of_reference(
            SETUP, work_dir, len(faults) + 1, of=lab.epochs - 1
        )
        for path, fault in zip(copies[1:], faults, strict=True):
            break_file(path, fault, rng)
        end = Round(INVERTED, 'the end')
        training = resume_and_check(lab, SETUP, work_dir, end)
        text = training.printed()
        first = min((record['step'] for record in training.steps()), default=1)
        for path, fault in zip(copies[1:], faults, strict=True):
            steps = SETUP.steps_at(path.name)
            if steps < first - 1:
                continue  # not tried, because inverted bytes did not change a newer one
            round = Round(fault, SETUP.name, list(end.problems))
            loaded = steps == first - 1
            round.expect(loaded or str(path) in text, f'{path.name} is not named')
            if loaded:
                round.notes.append('no byte of the content has changed')
            yield round


@scenario('files', 'all broken')
def break_all(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Resume in a folder without an intact checkpoint."""
    for _ in range(rounds):
        work_dir = lab.work_dir('all broken')
        copies = lab.copy_of_reference(SETUP, work_dir, 2)
        for path in copies:
            break_file(path, TRUNCATED, rng)
        before = hashes(work_dir)
        training = lab.train(SETUP, work_dir, '--resume')
        round = Round(ALL_BROKEN, SETUP.name, refused(training.end(), str(work_dir)))
        round.expect(hashes(work_dir) == before, 'files were changed')
        yield round


@scenario('files', 'train over', faults=2)
def train_over(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Start again in a folder with the checkpoints of a run."""
    for _ in range(rounds):
        work_dir = lab.work_dir('train over')
        lab.copy_of_reference(SETUP, work_dir, 3)
        before = hashes(work_dir)
        end = lab.train(SETUP, work_dir).end()
        round = Round(OVERWRITE, SETUP.name, refused(end, str(work_dir), '--resume'))
        round.expect(hashes(work_dir) == before, 'files were changed')
        yield round

        round = Round(RESTART, SETUP.name)
        training = lab.train(SETUP, work_dir, '--restart')
        try:
            training.wait_for_save()
            first = training.steps()[0]['step']
            round.expect(first == 1, f'began at step {first}')
        except NotReached as error:
            round.problems.append(str(error))
        training.kill()
        training.end()
        round.expect(set(before) <= set(hashes(work_dir)), 'old checkpoints are lost')
        yield round


@scenario('files', 'two runs')
def run_twice(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Start a second run in the folder of a running one, which is paused meanwhile."""
    for _ in range(rounds):
        round = Round(TWO_RUNS, SETUP.name)
        work_dir = lab.work_dir('two runs')
        first = lab.train(SETUP, work_dir)
        first.wait_for_step()
        os.kill(first.process.pid, signal.SIGSTOP)
        second = lab.train(SETUP, work_dir, '--resume')
        round.problems += refused(second.end(), str(work_dir))
        round.expect(not second.steps(), 'the second run has trained')
        os.kill(first.process.pid, signal.SIGCONT)
        check_same_end(lab, SETUP, first, work_dir, round)
        yield round
