"""Command-line options of the programs that read label images."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from setsim_mm.utils import UserError, add_config_options, add_traceback_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from setsim_mm.evaluation.label_images import LabelImages

NAMES = 'classes.txt'


def label_parser(description: str) -> argparse.ArgumentParser:
    """Build a parser with the options that name the backbone and the label images."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config of the pre-training')
    parser.add_argument(
        'checkpoint',
        help='what it saved, the weights of the backbone alone, a checkpoint of '
        "another project, or 'random'",
    )
    parser.add_argument(
        '--data-root',
        type=Path,
        required=True,
        metavar='FOLDER',
        help='images/train, images/val, labels/train, labels/val and, with one name a '
        f'line, {NAMES}',
    )
    parser.add_argument(
        '--num-classes',
        type=int,
        help=f'classes are 0 to N - 1 in the label images (default: lines of {NAMES} '
        'but the ignored one)',
    )
    parser.add_argument(
        '--ignored',
        type=int,
        default=255,
        help='value of pixels without a class (default: %(default)s)',
    )
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        default=(448, 448),
        metavar=('HEIGHT', 'WIDTH'),
        help='of the images that the backbone reads (default: 448 448)',
    )
    parser.add_argument('--seed', type=int, default=0, help='default: %(default)s')
    parser.add_argument('--batch-size', type=int, default=16)
    parser.add_argument('--num-workers', type=int, default=2)
    parser.add_argument('--device', help='cpu or cuda (default: a GPU if there is one)')
    add_config_options(parser)
    add_traceback_option(parser)
    return parser


def class_names(args: argparse.Namespace) -> list[str]:
    """Return the names of the classes, or their numbers where no file names them.

    Args:
        args (argparse.Namespace): From :func:`label_parser`.

    Returns:
        list[str]: At least two.

    Raises:
        UserError: If the number of classes is not known, or there are fewer than two.
    """
    file, number = args.data_root / NAMES, args.num_classes
    names = file.read_text().split('\n') if file.is_file() else []
    names = [name.strip() for name in names if name.strip()]
    if number is None:
        if not names:
            raise UserError(
                f'the number of classes is not known: give --num-classes, or write '
                f'their names to {str(file)!r}, one a line.'
            )
        number = min(len(names), args.ignored)
    if number < 2:
        raise UserError(
            f'there are {number} classes: segmentation needs at least two, such as an '
            'object and its background.'
        )
    return (names or list(map(str, range(number))))[:number]


def load_label_images(
    args: argparse.Namespace, part: str, num_classes: int
) -> 'LabelImages':
    """Find the images of ``train`` or ``val`` with their labels."""
    from setsim_mm.evaluation.label_images import LabelImages, find_label_images

    root = args.data_root
    pairs = find_label_images(root / 'images' / part, root / 'labels' / part)
    return LabelImages(pairs, tuple(args.size), num_classes, args.ignored)


def load_evaluated(
    args: argparse.Namespace,
) -> 'tuple[nn.Module, Callable[[Tensor], Tensor]]':
    """Load the backbone, and build the function that prepares images for it."""
    import torch
    from mmengine.device import get_device

    from setsim_mm.evaluation import (
        build_data_preprocessor,
        load_backbone,
        rgb_preprocess,
    )
    from setsim_mm.transfer.weights import RANDOM
    from setsim_mm.utils import load_training_config

    cfg = load_training_config(args.config, args.cfg_options)
    torch.manual_seed(args.seed)  # of random weights
    checkpoint = None if args.checkpoint == RANDOM else args.checkpoint
    backbone = load_backbone(cfg.model.backbone, checkpoint)
    device = torch.device(args.device or get_device())
    return backbone.to(device), rgb_preprocess(build_data_preprocessor(cfg), device)
