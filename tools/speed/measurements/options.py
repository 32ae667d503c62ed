"""Options of the measurements, apart from these: they are slow to import."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from setsim_mm.utils import add_traceback_option

from .common_options import (
    add_common_options,
    add_model_options,
    add_repeats_option,
    add_step_options,
)

DTYPES = ('float16', 'float32')  # of a bank of keys
FORMATS = ('lmdb', 'tar')  # of setsim_mm.datasets.packed
ROLES = ('one-direction', 'symmetric', 'hungarian')  # of parts.py


def add_options(parser: ArgumentParser, measurement: str) -> None:
    """Add the options of a measurement.

    Args:
        parser (ArgumentParser): The parser of its command.
        measurement (str): A key of :data:`MEASUREMENTS`.
    """
    MEASUREMENTS[measurement](parser)
    parser.add_argument(
        '--out', type=Path, help='output path of the table, without suffix'
    )
    add_traceback_option(parser)


def add_defaults_of_machine(args: Namespace) -> None:
    """Set the options whose defaults depend on the machine and which are not given."""
    from mmengine.device import get_device

    if getattr(args, 'device', '') is None:
        args.device = get_device()
    if getattr(args, 'batch', 0) is None:
        # ResNet-50 takes seconds for each image and step on a CPU.
        args.batch = 8 if args.device == 'cpu' else 32


def loss(parser: ArgumentParser) -> None:
    """Add the options of ``loss``."""
    parser.add_argument('--images', type=int, nargs='+', default=[32, 64], help='N')
    parser.add_argument(
        '--sides', type=int, nargs='+', default=[7, 14], help='rows of a map'
    )
    parser.add_argument('--dim', type=int, default=128, help='D (%(default)s)')
    parser.add_argument('--length', type=int, default=2**16, help='K (%(default)s)')
    parser.add_argument(
        '--bfloat16-bank', action='store_true', help='measure this option of the loss'
    )
    add_common_options(parser, repeats=5)


def scale(parser: ArgumentParser) -> None:
    """Add the options of ``scale``."""
    parser.add_argument('--dim', type=int, default=128, help='D (%(default)s)')
    parser.add_argument(
        '--largest',
        type=int,
        default=2**20,
        help='maximum number of negatives (%(default)s)',
    )
    add_common_options(parser, repeats=5)


def bank(parser: ArgumentParser) -> None:
    """Add the options of ``bank``."""
    parser.add_argument('--images', type=int, default=64, help='N (%(default)s)')
    parser.add_argument('--dim', type=int, default=256, help='D (%(default)s)')
    parser.add_argument(
        '--lengths',
        type=int,
        nargs='+',
        default=[2**14, 2**16, 2**18, 2**20],
        help='keys of a bank (2^14 2^16 2^18 2^20)',
    )
    parser.add_argument('--dtypes', nargs='+', choices=DTYPES, default=['float16'])
    add_common_options(parser, repeats=3)


def step(parser: ArgumentParser) -> None:
    """Add the options of ``step``."""
    add_step_options(parser, repeats=3)


def parts(parser: ArgumentParser) -> None:
    """Add the options of ``parts``."""
    parser.add_argument(
        '--method', choices=ROLES, default='one-direction', help='(%(default)s)'
    )
    add_step_options(parser, repeats=3)


def groups(parser: ArgumentParser) -> None:
    """Add the options of ``groups``."""
    parser.add_argument(
        '--sizes',
        type=int,
        nargs='+',
        default=[64, 112],
        metavar='PIXELS',
        help='of the views, one row each (%(default)s)',
    )
    add_model_options(parser, repeats=15)
    parser.set_defaults(depth=18, batch=64, queue=1024)


def data(parser: ArgumentParser) -> None:
    """Add the options of ``data``."""
    parser.add_argument(
        '--images',
        type=Path,
        required=True,
        help='folder of photographs, searched at any depth',
    )
    parser.add_argument(
        '--limit', type=int, help='number of images to use (default: all)'
    )
    parser.add_argument(
        '--config',
        type=Path,
        default=Path('configs/selfsup/_base_/datasets/imagenet_mocov2_views.py'),
        help='config of our pipeline (%(default)s)',
    )
    add_repeats_option(parser, 5)


def reading(parser: ArgumentParser) -> None:
    """Add the options of ``reading``."""
    parser.add_argument(
        '--images', default='data/imagenet/train', help='image folder (%(default)s)'
    )
    parser.add_argument(
        '--ann-file', default='', help='list of its images (default: all, sorted)'
    )
    for form in FORMATS:
        parser.add_argument(
            f'--{form}',
            metavar='FOLDER',
            help='the same images, packed by tools/datasets/pack_images.py '
            '(default: packed into a temporary folder)',
        )
    parser.add_argument(
        '--number', type=int, default=4000, help='images to read (%(default)s)'
    )
    parser.add_argument(
        '--workers',
        type=int,
        nargs='+',
        default=[0, 2],
        help='processes that read; 0 is this one (%(default)s)',
    )
    parser.add_argument(
        '--cold', action='store_true', help='also read images that are not in memory'
    )
    add_repeats_option(parser, 5)


def processes(parser: ArgumentParser) -> None:
    """Add the options of ``processes``."""
    parser.add_argument(
        '--config',
        default='configs/selfsup/setsim_r18_10e_folder112.py',
        help='config to train on random images',
    )
    parser.add_argument(
        '--processes', type=int, nargs='+', default=[1, 2, 4], metavar='P'
    )
    parser.add_argument('--batch', type=int, default=8, help='images of each process')
    parser.add_argument('--image-size', type=int, default=96, help='of a view')
    parser.add_argument('--steps', type=int, default=3, help='in each repeat')
    add_repeats_option(parser, 3)


def network(parser: ArgumentParser) -> None:
    """Add the options of ``network``."""
    parser.add_argument(
        '--config', default='configs/selfsup/setsim_r50_200e_in1k.py', help='the model'
    )
    parser.add_argument('--batch', type=int, default=32, help='images of each GPU')
    parser.add_argument('--image-size', type=int, default=224, help='of a view')
    parser.add_argument('--amp', action='store_true', help='z in half precision')
    parser.add_argument('--gpus', type=int, nargs='+', default=[8, 64, 512])
    parser.add_argument('--gpus-per-node', type=int, default=8)
    parser.add_argument(
        '--within', type=float, default=200, help='GB/s of a GPU in its machine'
    )
    parser.add_argument(
        '--between',
        type=float,
        nargs='+',
        default=[100, 1600],
        help='Gbit/s of a machine, all network cards together',
    )
    parser.add_argument(
        '--latency', type=float, default=10, help='microseconds to the first byte'
    )
    parser.add_argument(
        '--compute',
        type=float,
        default=100,
        help='milliseconds that a GPU computes in a step; measure yours',
    )


def neighbors(parser: ArgumentParser) -> None:
    """Add the options of ``neighbors``."""
    parser.add_argument(
        '--images', type=int, nargs='+', default=[10**3, 10**4, 10**5], help='K'
    )
    parser.add_argument('--dim', type=int, default=256, help='D (%(default)s)')
    add_common_options(parser, repeats=3)


# Names of the modules, with the functions that add their options.
MEASUREMENTS: dict[str, Callable[[ArgumentParser], None]] = dict(
    loss=loss,
    scale=scale,
    bank=bank,
    step=step,
    parts=parts,
    groups=groups,
    data=data,
    reading=reading,
    processes=processes,
    network=network,
    neighbors=neighbors,
)
