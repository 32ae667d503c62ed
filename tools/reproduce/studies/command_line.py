"""Command line arguments of the tools that run trials."""

from argparse import ArgumentParser, Namespace

from setsim_mm.utils import add_config_options

from .machine import share_of_machine
from .progress import Progress
from .runner import Runner


def add_trial_options(parser: ArgumentParser, each: str) -> None:
    """Give a tool the options that say at what scale and how its trials run.

    Args:
        parser (ArgumentParser): The tool's.
        each (str): What the trials are of, such as ``'row'``.
    """
    parser.add_argument(
        '--merge', metavar='CONFIG', help=f'a config laid over that of every {each}'
    )
    add_config_options(parser, 'override parts of every config')
    parser.add_argument(
        '--gpus', type=int, default=1, help='GPUs of each run; 0 hides them (1)'
    )
    parser.add_argument('--jobs', type=int, default=1, help='runs at the same time (1)')


def require_at_least(parser: ArgumentParser, args: Namespace, **least: int) -> None:
    """End with a sentence if a number on the command line is too small.

    Args:
        parser (ArgumentParser): The tool's.
        args (Namespace): What it has parsed.
        **least (int): The smallest value of an option, by its name.

    Raises:
        SystemExit: If one is smaller.
    """
    for name, value in least.items():
        if getattr(args, name) < value:
            parser.error(f'--{name} must be at least {value}')


def make_runner(args: Namespace, title: str) -> Runner:
    """Make the runner that the command line asks for.

    Args:
        args (Namespace): With the options of :func:`add_trial_options`.
        title (str): What runs.

    Returns:
        Runner: Shares the machine out among ``--jobs`` runs.
    """
    return Runner(
        args.jobs,
        lambda slot: share_of_machine(slot, args.jobs, args.gpus),
        Progress(title),
    )
