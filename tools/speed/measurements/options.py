"""Options that several measurements share."""

from argparse import ArgumentParser

from mmengine.device import get_device

from .timing import CLOCKS


def add_common_options(parser: ArgumentParser, repeats: int) -> None:
    """Add ``--repeats``, ``--clock`` and ``--device`` with a default of repeats."""
    add_repeats_option(parser, repeats)
    parser.add_argument(
        '--clock',
        choices=CLOCKS,
        default='wall',
        help="'cpu' for CPU time, on machines with other load (%(default)s)",
    )
    parser.add_argument(
        '--device', default=get_device(), help='default here: %(default)s'
    )


def add_repeats_option(parser: ArgumentParser, repeats: int) -> None:
    """Add ``--repeats`` with a default."""
    parser.add_argument(
        '--repeats', type=int, default=repeats, help='timed repeats (%(default)s)'
    )
