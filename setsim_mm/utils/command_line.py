"""Command line arguments that several tools share."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from mmengine.config import DictAction


class ConfigOptions(DictAction):
    """``--cfg-options key=value ...``, with blanks in values and clear errors."""

    @staticmethod
    def _parse_iterable(val: str) -> Any:
        """Keep the blanks of a single value, a path above all; mmengine drops them."""
        if ',' in val or val.startswith(('[', '(')):
            return DictAction._parse_iterable(val)
        return DictAction._parse_int_float_bool(val.strip('\'"'))

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Sequence[str],
        option_string: str | None = None,
    ) -> None:
        """Collect the pairs as :class:`mmengine.config.DictAction` does."""
        for value in values:
            if '=' not in value:
                parser.error(f'{option_string} takes key=value pairs, not {value!r}')
        try:
            super().__call__(parser, namespace, values, option_string)
        except AssertionError as error:  # brackets that are not closed
            parser.error(f'{option_string}: {error}')


def add_config_options(
    parser: ArgumentParser, help: str = 'override parts of the config'
) -> None:
    """Give a tool ``--cfg-options``.

    Args:
        parser (ArgumentParser): The tool's.
        help (str): What the options override.
    """
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help=help,
    )


def add_traceback_option(parser: ArgumentParser) -> None:
    """Give a tool ``--traceback``, for :func:`~.errors.sentences_for_errors`.

    Args:
        parser (ArgumentParser): The tool's.
    """
    parser.add_argument(
        '--traceback', action='store_true', help='show where an error comes from'
    )
