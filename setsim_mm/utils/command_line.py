"""Command-line arguments that several tools share."""

from argparse import Action, ArgumentParser, Namespace, _ArgumentGroup
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import UserError

UNITS = ('epochs', 'iterations')  # in which configs count the length of a training


class ConfigOptions(Action):
    """Action for ``--cfg-options key=value ...`` with spaces and clear errors.

    The values are parsed as by :class:`mmengine.config.DictAction`.
    """

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Sequence[str],
        option_string: str | None = None,
    ) -> None:
        """Add the pairs to those of earlier occurrences of the option."""
        options = dict(getattr(namespace, self.dest) or {})
        for pair in values:
            key, separator, value = pair.partition('=')
            if not separator:
                parser.error(f'{option_string} takes key=value pairs, not {pair!r}')
            try:
                options[key] = _parse(value)
            except AssertionError as error:  # unbalanced brackets
                parser.error(f'{option_string}: {error}')
        setattr(namespace, self.dest, options)


def _parse(value: str) -> Any:
    """Return a value with its spaces, as in a path; mmengine removes them."""
    from mmengine.config import DictAction

    if ',' in value or value.startswith(('[', '(')):
        return DictAction._parse_iterable(value)
    return DictAction._parse_int_float_bool(value.strip('\'"'))


def add_config_options(
    parser: ArgumentParser, help: str = 'override parts of the config'
) -> None:
    """Add ``--cfg-options`` to a tool's parser."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help=help,
    )


def add_length_options(
    parser: ArgumentParser | _ArgumentGroup, units: Sequence[str] = UNITS
) -> None:
    """Add ``--epochs`` and ``--iterations`` to a tool.

    They are for :func:`~setsim_mm.engine.training_length.set_training_length`.

    Args:
        parser (ArgumentParser | _ArgumentGroup): The parser, or a group of it.
        units (Sequence[str]): The options to add. Defaults to both.
    """
    for unit in units:
        parser.add_argument(
            f'--{unit}',
            type=int,
            metavar='N',
            help=f'train for N {unit}; schedule, checkpoints and evaluations move with '
            f'them (for configs that count {unit})',
        )


def add_trainer_options(parser: ArgumentParser) -> None:
    """Add what every program that trains by a config takes.

    These are ``--restart``, ``--auto-scale-lr`` and ``--launcher``.
    """
    parser.add_argument(
        '--restart',
        action='store_true',
        help='start again; the checkpoints of an earlier run move to a subfolder',
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate with the batch size',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='launcher of this process; the shell scripts set it',
    )


def add_traceback_option(parser: ArgumentParser) -> None:
    """Add ``--traceback`` to a tool, for :func:`~.errors.sentences_for_errors`."""
    parser.add_argument(
        '--traceback', action='store_true', help='show where an error comes from'
    )


def require_config(path: str) -> None:
    """Check that a config exists, before packages are imported that take seconds.

    Raises:
        UserError: If there is no such file.
    """
    if not Path(path).is_file():
        raise UserError(
            f'there is no config {path!r}: choose one of configs/selfsup or '
            'configs/benchmarks.'
        )
