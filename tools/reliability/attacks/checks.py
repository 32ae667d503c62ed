"""Checks of the end of a training: equal to the uninterrupted one, or an error."""

from pathlib import Path

from .comparison import first_difference, same_checkpoint
from .lab import Lab
from .processes import End, NotReached, Training
from .scenario import Round
from .tiny_run import Setup


def check_same_end(
    lab: Lab, setup: Setup, training: Training, work_dir: Path, round: Round
) -> None:
    """Wait for the end of a training and compare it with the uninterrupted one.

    Args:
        lab (Lab): The folder with the uninterrupted training.
        setup (Setup): How both are run.
        training (Training): The training.
        work_dir (Path): Its output folder.
        round (Round): Problems are added to it.
    """
    try:
        end = training.end()
    except NotReached as error:
        round.problems.append(f'at the end: {error}')
        return
    if end.status != 0:
        last = training.last_line()
        round.problems.append(f'at the end: exit status {end.status}: {last}')
        return
    reference, reference_dir = lab.reference(setup)
    for rank in range(setup.processes):
        problem = first_difference(training.steps(rank), reference.steps(rank))
        round.expect(problem is None, f'rank {rank}: {problem}')
    files = reference_dir.glob('*.pth')
    last = max(files, key=lambda path: setup.steps_at(path.name))
    if not (work_dir / last.name).is_file():
        round.problems.append(f'at the end: there is no {last.name}')
        return
    problem = same_checkpoint(work_dir / last.name, last)
    round.expect(problem is None, f'at the end: {problem}')
    check_named(end, last.name, round)


def resume_and_check(
    lab: Lab, setup: Setup, work_dir: Path, round: Round, *arguments: object
) -> Training:
    """Resume a training and compare its end with the uninterrupted one.

    Args:
        lab (Lab): The folder with the uninterrupted training.
        setup (Setup): How both are run.
        work_dir (Path): The output folder.
        round (Round): Problems are added to it.
        *arguments (object): Further arguments of ``tools/train.py``.

    Returns:
        Training: The training, which has ended.
    """
    training = lab.train(setup, work_dir, '--resume', *arguments)
    check_same_end(lab, setup, training, work_dir, round)
    return training


def check_named(end: End, name: str, round: Round) -> None:
    """Check that the last line of a training names its last checkpoint.

    Args:
        end (End): The end of the training.
        name (str): The file's name.
        round (Round): Problems are added to it.
    """
    closing = [s for s in end.output.splitlines() if s.startswith('Finished')]
    named = any(line.endswith(name) for line in closing)
    round.expect(named, f'{name} is not named in: {" ".join(closing)}')


def refused(end: End, *mentions: str) -> list[str]:
    """Return the problems of a training that must end with an error.

    Args:
        end (End): The end of the training.
        *mentions (str): Texts that the error must contain.
    """
    problems = []
    if end.status != 1:
        problems.append(f'exit status {end.status} instead of 1')
    sentences = [s for s in end.errors.splitlines() if s.startswith('Error')]
    if not sentences:
        problems.append('no line that begins with Error')
    missing = [m for m in mentions if sentences and m not in sentences[0]]
    problems += [f'{mention} is not named in: {sentences[0]}' for mention in missing]
    if 'Traceback' in end.text:
        problems.append('a traceback')
    return problems
