"""Options that several measurements share."""

from argparse import ArgumentParser
from pathlib import Path

CLOCKS = ('wall', 'cpu')  # of timing.py
DEPTHS = (18, 34, 50, 101, 152)  # of methods.py


def add_step_options(parser: ArgumentParser, repeats: int) -> None:
    """Add the options of measurements of steps, with a default of repeats."""
    parser.add_argument('--size', type=int, default=224, help='pixels (%(default)s)')
    add_model_options(parser, repeats)


def add_model_options(parser: ArgumentParser, repeats: int) -> None:
    """Add the options of measurements of steps, without the size of the views."""
    parser.add_argument(
        '--configs',
        type=Path,
        default=Path('configs/selfsup'),
        help='folder of the configs (%(default)s)',
    )
    parser.add_argument(
        '--batch', type=int, help='images (default: 32 on a GPU, 8 on a CPU)'
    )
    parser.add_argument(
        '--depth', type=int, default=50, choices=DEPTHS, help='ResNet (%(default)s)'
    )
    parser.add_argument(
        '--base-channels',
        type=int,
        default=64,
        help="channels of the ResNet's first stage (%(default)s)",
    )
    parser.add_argument(
        '--queue', type=int, default=2**16, help='negatives (%(default)s)'
    )
    parser.add_argument('--amp', action='store_true', help='mixed precision')
    parser.add_argument(
        '--channels-last', action='store_true', help='as ChannelsLastHook'
    )
    parser.add_argument(
        '--return-memory',
        action='store_true',
        help='on a CPU, return the memory that a step frees to the system; training '
        'keeps it',
    )
    parser.add_argument(
        '--compile', action='store_true', help='torch.compile of backbone and neck'
    )
    add_common_options(parser, repeats)


def add_common_options(parser: ArgumentParser, repeats: int) -> None:
    """Add ``--repeats``, ``--clock`` and ``--device`` with a default of repeats."""
    add_repeats_option(parser, repeats)
    parser.add_argument(
        '--clock',
        choices=CLOCKS,
        default='wall',
        help="'cpu' for CPU time, on machines with other load (%(default)s)",
    )
    parser.add_argument('--device', help='the device (default: a GPU if there is one)')


def add_repeats_option(parser: ArgumentParser, repeats: int) -> None:
    """Add ``--repeats`` with a default."""
    parser.add_argument(
        '--repeats', type=int, default=repeats, help='timed repeats (%(default)s)'
    )
