"""Command line options of the programs that run trials."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from setsim_mm.utils import add_config_options

if TYPE_CHECKING:
    from .runner import Runner


def add_trial_options(parser: ArgumentParser, each: str) -> None:
    """Add the options for the scale and the resources of trials.

    Args:
        parser (ArgumentParser): The parser of the program.
        each (str): The name of what is trained, such as ``'row'``.
    """
    parser.add_argument(
        '--merge',
        metavar='CONFIG',
        help=f'a config that is merged into that of every {each}',
    )
    add_config_options(parser, 'override parts of every config')
    parser.add_argument(
        '--gpus', type=int, default=1, help='GPUs of each run; 0 hides them (1)'
    )
    parser.add_argument('--jobs', type=int, default=1, help='runs at the same time (1)')


def require_at_least(parser: ArgumentParser, args: Namespace, **least: int) -> None:
    """Exit with an error if a number on the command line is too small.

    Args:
        parser (ArgumentParser): The parser of the program.
        args (Namespace): The parsed arguments.
        **least (int): The smallest value of each option, by its name.

    Raises:
        SystemExit: If an option is smaller.
    """
    for name, value in least.items():
        if getattr(args, name) < value:
            parser.error(f'--{name} must be at least {value}')


def make_runner(args: Namespace, title: str) -> 'Runner':
    """Return the runner for the options of the command line.

    Args:
        args (Namespace): With the options of :func:`add_trial_options`.
        title (str): The title of the trials.

    Returns:
        Runner: It divides the machine among ``--jobs`` runs.
    """
    from .machine import share_of_machine
    from .progress import Progress
    from .runner import Runner

    return Runner(
        args.jobs,
        lambda slot: share_of_machine(slot, args.jobs, args.gpus),
        Progress(title),
    )
