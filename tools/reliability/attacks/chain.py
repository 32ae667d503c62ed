"""One training that is interrupted and resumed again and again."""

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from .checks import check_same_end
from .comparison import first_difference, whole_checkpoints
from .lab import Lab
from .processes import NotReached, Training
from .scenario import Fault, Round
from .tiny_run import STEPS_PER_EPOCH, Setup

# Exit statuses: a cluster starts a training again after 75, and nobody after Ctrl-C.
STATUS = {signal.SIGTERM: 75, signal.SIGINT: 128 + signal.SIGINT}
PADDING = 8  # megabytes: writing them takes about as long as a step


@dataclass(frozen=True)
class Blow:
    """A signal and the moment at which it comes.

    Args:
        fault (Fault): The line of the table.
        signal (Signals): Which signal.
        while_saving (bool): Whether a checkpoint is being written.
    """

    fault: Fault
    signal: Signals
    while_saving: bool


class Chain:
    """A training that is interrupted several times.

    Args:
        lab (Lab): Where.
        setup (Setup): How it is run.
    """

    def __init__(self, lab: Lab, setup: Setup) -> None:
        self.setup = setup
        self.lab = lab
        self.reference, self.reference_dir = lab.reference(setup)
        self.work_dir = lab.work_dir(f'kills {setup.name}')
        self.number = 0

    def start(self) -> Training:
        """Start the training, or go on with it."""
        self.number += 1
        resume = ['--resume'] if self.number > 1 else []
        return self.lab.train(self.setup, self.work_dir, *resume, padding=PADDING)

    def run(self, blows: list[Blow], rng: random.Random) -> Iterator[Round]:
        """Interrupt and resume until no blow is left, or something is wrong.

        Args:
            blows (list[Blow]): In their order; those that fall are removed.
            rng (random.Random): Draws the moments.

        Yields:
            Round: One for each blow that has fallen, when the steps after it are known.
        """
        training = self.start()
        round = None
        while blows:
            before, blow = round, blows.pop(0)
            round = Round(blow.fault, self.setup.name)
            try:
                self.strike(training, blow, rng, round)
                self.check_steps(training, before or round)
                if before:
                    yield self.noted(before)
                    if before.problems:
                        blows.insert(0, blow)  # it hit a training that was wrong
                        return
                training = self.start()
                self.check_resumed(training, round)
            except NotReached as error:
                round.problems.append(f'{training.record.name}: {error}')
            if round.problems:
                training.kill()
                training.end()
                yield self.noted(round)
                return
        check_same_end(self.lab, self.setup, training, self.work_dir, round)
        yield self.noted(round)

    def noted(self, round: Round) -> Round:
        """Return a round, with the folder if something was wrong."""
        if round.problems:
            round.notes.append(f'see {self.work_dir.parent}')
        return round

    def strike(
        self, training: Training, blow: Blow, rng: random.Random, round: Round
    ) -> None:
        """Send the signal, wait for the end, and look at what is left.

        Raises:
            NotReached: If the training fails before, or does not end.
        """
        first = training.wait_for_step()
        if blow.while_saving:
            training.wait_for_save()
            time.sleep(rng.uniform(0, 0.04))
        else:
            training.wait_for_step(first + rng.randrange(STEPS_PER_EPOCH))
            time.sleep(rng.uniform(0, 0.1))
        before, size = self.saved_last()
        if blow.signal == signal.SIGKILL:
            training.kill()
        else:
            training.send(blow.signal, to_group=blow.signal == signal.SIGINT)
        end = training.end()

        self.steps_saved = max(whole_checkpoints(self.work_dir).values(), default=0)
        last_step = training.steps()[-1]['step']
        saving = [record for record in training.records() if 'saving' in record]
        if blow.while_saving and before != saving[-1]['saving']:
            round.notes.append('inside the write')
        if self.steps_saved < before:
            round.lost += size
            round.problems.append(f'checkpoint of step {before} is lost')
        if blow.signal != signal.SIGKILL:
            expected = STATUS[blow.signal]
            round.expect(end.status == expected, f'exit status {end.status}')
            round.expect('--resume' in end.errors, 'no sentence about --resume')
            round.expect('Traceback' not in end.text, 'a traceback')
            round.expect(
                self.steps_saved == last_step,
                f'stopped after step {last_step} and saved step {self.steps_saved}',
            )

    def check_steps(self, training: Training, round: Round) -> None:
        """Check that a training is the uninterrupted one so far, on every rank."""
        for rank in range(self.setup.processes):
            difference = first_difference(
                training.steps(rank), self.reference.steps(rank)
            )
            where = f'{training.record.name}, rank {rank}'
            round.expect(difference is None, f'{where}: {difference}')

    def saved_last(self) -> tuple[int, int]:
        """Return step and bytes of the checkpoint that the pointer file names, or 0."""
        pointer = Path(self.work_dir, 'last_checkpoint')
        if not pointer.exists():
            return 0, 0
        path = Path(pointer.read_text())
        return self.setup.steps_at(path.name), path.stat().st_size

    def check_resumed(self, training: Training, round: Round) -> None:
        """Check that a training has gone on from the last checkpoint."""
        training.wait_for_step()
        first = training.steps()[0]['step']
        round.expect(
            first == self.steps_saved + 1,
            f'{self.steps_saved} steps were saved, and --resume began at step {first}',
        )
