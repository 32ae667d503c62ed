"""Command-line arguments that several tools share."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from mmengine.config import DictAction


class ConfigOptions(DictAction):
    """Action for ``--cfg-options key=value ...`` with spaces and clear errors."""

    @staticmethod
    def _parse_iterable(val: str) -> Any:
        """Return a value with its spaces, as in a path; mmengine removes them."""
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
        """Parse the pairs as :class:`mmengine.config.DictAction` does."""
        for value in values:
            if '=' not in value:
                parser.error(f'{option_string} takes key=value pairs, not {value!r}')
        try:
            super().__call__(parser, namespace, values, option_string)
        except AssertionError as error:  # unbalanced brackets
            parser.error(f'{option_string}: {error}')


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


def add_traceback_option(parser: ArgumentParser) -> None:
    """Add ``--traceback`` to a tool, for :func:`~.errors.sentences_for_errors`."""
    parser.add_argument(
        '--traceback', action='store_true', help='show where an error comes from'
    )
