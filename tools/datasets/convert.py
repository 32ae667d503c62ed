"""Make a fine-tuning config from a folder of labelled images.

Labels are VOC XML, a JSON file of COCO, YOLO boxes or polygons, or label images. Kind,
suffixes, names of classes and an existing split are found by looking
(docs/own_data.md). The images stay where they are.
"""

import argparse
import shlex
from pathlib import Path

from setsim_mm.utils import add_traceback_option, sentences_for_errors

REPOSITORY = Path(__file__).resolve().parents[2]


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('folder', type=Path, help='images and labels, at any depth')
    parser.add_argument(
        '--out',
        type=Path,
        help='folder of the config, the lists and the converted labels (default: '
        'work_dirs/own_data/<folder>)',
    )
    parser.add_argument(
        '--kind',
        choices=('voc', 'coco', 'yolo', 'label-images'),
        help='the labels to use if there are several kinds',
    )
    parser.add_argument(
        '--images', type=Path, metavar='FOLDER', help='the images to use'
    )
    parser.add_argument(
        '--labels', type=Path, metavar='PATH', help='folder or JSON file of the labels'
    )
    parser.add_argument(
        '--classes',
        type=Path,
        metavar='FILE',
        help='names of the classes, one a line, or a YAML file with names',
    )
    parser.add_argument(
        '--ignored',
        type=int,
        help='value of pixels without a class in label images (default: 255)',
    )
    parser.add_argument(
        '--unlabelled',
        choices=('skip', 'empty'),
        help='leave images without a label file out, or use them as images without '
        'objects (default: an error)',
    )
    parser.add_argument(
        '--boxes', action='store_true', help='train on boxes, even if there are masks'
    )
    parser.add_argument(
        '--fix-boxes',
        action='store_true',
        help='cut boxes at the border of the image, and leave out those without an '
        'area (default: an error)',
    )
    parser.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        help='share of a drawn validation set (default: %(default)s)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of a drawn split (default: %(default)s)'
    )
    parser.add_argument(
        '--draw-split', action='store_true', help='draw a split even if there is one'
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    if not 0 < args.val_share < 1:
        parser.error('--val-share must be between 0 and 1')
    if args.seed < 0:
        parser.error('--seed must be at least 0')
    return args


def main() -> None:
    """Convert, and print the command that fine-tunes."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from own_data.conversion import convert

        conversion = convert(args, REPOSITORY)
        for note in conversion.notes:
            print(note)
        tool = shown(REPOSITORY / 'tools' / 'benchmarks' / 'finetune.py')
        config = shown(conversion.config)
        print(
            f'Config: {config}; fine-tune it with: python {tool} {config} '
            f'CHECKPOINT --iterations {conversion.iterations} --auto-scale-lr'
        )


def shown(path: Path) -> str:
    """Return a path for a shell, relative if it is below the current folder."""
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return shlex.quote(str(path))


if __name__ == '__main__':
    main()
