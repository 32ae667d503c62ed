"""Command-line options of the programs that read label images."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from backbone_options import backbone_parser

from setsim_mm.utils import UserError

if TYPE_CHECKING:
    from setsim_mm.datasets.image_loader import ImageLoader
    from setsim_mm.evaluation.label_images import LabelImages

NAMES = 'classes.txt'


def label_parser(description: str) -> argparse.ArgumentParser:
    """Build a parser with the options that name the backbone and the label images."""
    parser = backbone_parser(description)
    parser.add_argument(
        '--data-root',
        type=Path,
        metavar='FOLDER',
        help='images/train, images/val, labels/train, labels/val and, with one name a '
        f'line, {NAMES}; or the folder of the data sets of --mmseg-config',
    )
    parser.add_argument(
        '--mmseg-config',
        metavar='FILE',
        help='config of MMSegmentation whose data sets are read, with their classes',
    )
    parser.add_argument(
        '--num-classes',
        type=int,
        help=f'classes are 0 to N - 1 in the label images (default: lines of {NAMES}, '
        'without a last one for pixels without a class)',
    )
    parser.add_argument(
        '--ignored',
        type=int,
        help='value of pixels without a class (default: 255)',
    )
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        default=(448, 448),
        metavar=('HEIGHT', 'WIDTH'),
        help='of the images that the backbone reads (default: 448 448)',
    )
    return parser


def load_label_images(
    args: argparse.Namespace, load: 'ImageLoader', *parts: str
) -> 'tuple[list[LabelImages], list[str]]':
    """Find images with their labels.

    Args:
        args (argparse.Namespace): From :func:`label_parser`.
        load (ImageLoader): Loader of the images.
        *parts (str): ``'train'``, ``'val'`` or both.

    Returns:
        tuple[list[LabelImages], list[str]]: The images of each part, and the names of
        the classes.

    Raises:
        UserError: If options do not fit together, files are missing, or the number of
            classes is not known.
    """
    from setsim_mm.evaluation.label_format import IGNORED
    from setsim_mm.evaluation.label_images import LabelImages, find_label_images
    from setsim_mm.evaluation.mmseg_labels import mmseg_label_images

    root, size = args.data_root, tuple(args.size)
    if args.mmseg_config is not None:
        if args.num_classes is not None or args.ignored is not None:
            raise UserError(
                '--mmseg-config brings its classes: leave out --num-classes and '
                '--ignored.'
            )
        found = [
            mmseg_label_images(args.mmseg_config, part, size, root, load)
            for part in parts
        ]
        return [images for images, _ in found], found[0][1]
    if root is None:
        raise UserError(
            'there are no label images: give their folder with --data-root, or a '
            'config with --mmseg-config.'
        )
    ignored = IGNORED if args.ignored is None else args.ignored
    names = _class_names(root / NAMES, args.num_classes, ignored)
    pairs = [
        find_label_images(root / 'images' / part, root / 'labels' / part, load=load)
        for part in parts
    ]
    return [
        LabelImages(pair, size, len(names), ignored, load=load) for pair in pairs
    ], names


def _class_names(file: Path, number: int | None, ignored: int) -> list[str]:
    """Return the names of the classes, or their numbers where no file names them."""
    names = file.read_text().split('\n') if file.is_file() else []
    names = [name.strip() for name in names if name.strip()]
    if number is None:
        if not names:
            raise UserError(
                f'the number of classes is not known: give --num-classes, or write '
                f'their names to {str(file)!r}, one a line.'
            )
        number = len(names) - (ignored == len(names) - 1)
    if number < 2:
        raise UserError(
            f'there are {number} classes: segmentation needs at least two, such as an '
            'object and its background.'
        )
    return [*names[:number], *map(str, range(len(names), number))]
