"""A training that is interrupted and resumed several times."""

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

# Exit statuses: a cluster restarts a training after 75, but not after Ctrl-C.
STATUS = {signal.SIGTERM: 75, signal.SIGINT: 128 + signal.SIGINT}
PADDING = 8  # megabytes of a checkpoint; writing them takes about as long as a step


@dataclass(frozen=True)
class Interruption:
    """A signal and its moment.

    Args:
        fault (Fault): The line of the table.
        signal (Signals): The signal.
        while_saving (bool): Whether it comes while a checkpoint is written.
    """

    fault: Fault
    signal: Signals
    while_saving: bool


class Chain:
    """A training that is interrupted several times.

    Args:
        lab (Lab): The folder of the trainings.
        setup (Setup): How to run the training.
    """

    def __init__(self, lab: Lab, setup: Setup) -> None:
        self.setup = setup
        self.lab = lab
        self.reference, self.reference_dir = lab.reference(setup)
        self.work_dir = lab.work_dir(f'kills {setup.name}')
        self.number = 0

    def start(self) -> Training:
        """Start or resume the training."""
        self.number += 1
        resume = ['--resume'] if self.number > 1 else []
        return self.lab.train(self.setup, self.work_dir, *resume, padding=PADDING)

    def run(
        self, interruptions: list[Interruption], rng: random.Random
    ) -> Iterator[Round]:
        """Interrupt and resume until no interruption is left or a problem is found.

        Args:
            interruptions (list[Interruption]): In their order; each one is removed
                when it is done.
            rng (random.Random): Draws the moments.

        Yields:
            Round: The result of each interruption when the steps after it are known.
        """
        training = self.start()
        round = None
        while interruptions:
            before, interruption = round, interruptions.pop(0)
            round = Round(interruption.fault, self.setup.name)
            try:
                self.interrupt(training, interruption, rng, round)
                self.check_steps(training, before or round)
                if before:
                    yield self.with_folder(before)
                    if before.problems:
                        interruptions.insert(0, interruption)  # on a new training
                        return
                training = self.start()
                self.check_resumed(training, round)
            except NotReached as error:
                round.problems.append(f'{training.record.name}: {error}')
            if round.problems:
                training.kill()
                training.end()
                yield self.with_folder(round)
                return
        check_same_end(self.lab, self.setup, training, self.work_dir, round)
        yield self.with_folder(round)

    def with_folder(self, round: Round) -> Round:
        """Return a round, with the folder in its notes if it has problems."""
        if round.problems:
            round.notes.append(f'see {self.work_dir.parent}')
        return round

    def interrupt(
        self,
        training: Training,
        interruption: Interruption,
        rng: random.Random,
        round: Round,
    ) -> None:
        """Send the signal, wait for the end, and check the checkpoints.

        Raises:
            NotReached: If the training fails before, or does not end.
        """
        first = training.wait_for_step()
        if interruption.while_saving:
            training.wait_for_save()
            time.sleep(rng.uniform(0, 0.04))
        else:
            training.wait_for_step(first + rng.randrange(STEPS_PER_EPOCH))
            time.sleep(rng.uniform(0, 0.1))
        before, size = self.saved_last()
        if interruption.signal == signal.SIGKILL:
            training.kill()
        else:
            training.send(
                interruption.signal, to_group=interruption.signal == signal.SIGINT
            )
        end = training.end()

        self.steps_saved = max(whole_checkpoints(self.work_dir).values(), default=0)
        last_step = training.steps()[-1]['step']
        saving = [record for record in training.records() if 'saving' in record]
        if interruption.while_saving and before != saving[-1]['saving']:
            round.notes.append('inside the write')
        if self.steps_saved < before:
            round.lost += size
            round.problems.append(f'checkpoint of step {before} is lost')
        if interruption.signal != signal.SIGKILL:
            expected = STATUS[interruption.signal]
            round.expect(end.status == expected, f'exit status {end.status}')
            round.expect('--resume' in end.errors, 'no message about --resume')
            round.expect('Traceback' not in end.text, 'a traceback')
            round.expect(
                self.steps_saved == last_step,
                f'stopped after step {last_step} and saved step {self.steps_saved}',
            )

    def check_steps(self, training: Training, round: Round) -> None:
        """Check that all steps so far equal the uninterrupted ones, on every rank."""
        for rank in range(self.setup.processes):
            difference = first_difference(
                training.steps(rank), self.reference.steps(rank)
            )
            where = f'{training.record.name}, rank {rank}'
            round.expect(difference is None, f'{where}: {difference}')

    def saved_last(self) -> tuple[int, int]:
        """Return step and bytes of the checkpoint in the pointer file, or zeros."""
        pointer = Path(self.work_dir, 'last_checkpoint')
        if not pointer.exists():
            return 0, 0
        path = Path(pointer.read_text())
        return self.setup.steps_at(path.name), path.stat().st_size

    def check_resumed(self, training: Training, round: Round) -> None:
        """Check that a training has resumed from the last checkpoint."""
        training.wait_for_step()
        first = training.steps()[0]['step']
        round.expect(
            first == self.steps_saved + 1,
            f'{self.steps_saved} steps were saved, and --resume began at step {first}',
        )
