"""Options that several measurements share."""

from argparse import ArgumentParser

from mmengine.device import get_device

from .timing import CLOCKS


def add_common_options(parser: ArgumentParser, repeats: int) -> None:
    """Give a measurement ``--repeats``, ``--clock`` and ``--device``.

    Args:
        parser (ArgumentParser): The measurement's.
        repeats (int): Default of the timed repeats.
    """
    add_repeats_option(parser, repeats)
    parser.add_argument(
        '--clock',
        choices=CLOCKS,
        default='wall',
        help="'cpu' for the processors' time, where others compute too (%(default)s)",
    )
    parser.add_argument(
        '--device', default=get_device(), help='default here: %(default)s'
    )


def add_repeats_option(parser: ArgumentParser, repeats: int) -> None:
    """Give a measurement ``--repeats``.

    Args:
        parser (ArgumentParser): The measurement's.
        repeats (int): The default.
    """
    parser.add_argument(
        '--repeats', type=int, default=repeats, help='timed repeats (%(default)s)'
    )
