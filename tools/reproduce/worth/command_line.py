"""The command line of tools/worth_it.py."""

import argparse
from pathlib import Path

from setsim_mm.transfer.tiny import add_tiny_options
from setsim_mm.utils import add_length_options, add_traceback_option
from setsim_mm.utils.command_line import ConfigOptions
from studies.command_line import add_trial_options, require_at_least

CONFIGS = Path(__file__).resolve().parents[3] / 'configs' / 'selfsup'


def parse_args(description: str) -> argparse.Namespace:
    """Parse the command line.

    Args:
        description (str): What the program does.

    Returns:
        argparse.Namespace: The arguments, of the types that the study takes.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _add_data_options(parser.add_argument_group('data'))
    _add_pretraining_options(parser)
    _add_probe_options(parser.add_argument_group('frozen probes'))
    _add_finetuning_options(parser)
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=Path('work_dirs/worth_it'),
        help='folder of splits, runs, table and plot (default: %(default)s)',
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    require_at_least(parser, args, gpus=0, jobs=1)
    if not 0 < args.val_share < 1:
        parser.error('--val-share must be between 0 and 1')
    if args.val_labels is not None and args.val_images is None:
        parser.error('--val-labels needs --val-images')
    if len(args.size or ()) > 2:
        parser.error('--size takes one or two numbers')
    return args


def _add_data_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--unlabelled',
        type=Path,
        required=True,
        metavar='FOLDER',
        help='images to pre-train on; subfolders are searched',
    )
    group.add_argument(
        '--images',
        type=Path,
        required=True,
        metavar='FOLDER',
        help='labelled images; without --labels, a folder for each class',
    )
    group.add_argument(
        '--labels',
        type=Path,
        metavar='PATH',
        help="COCO's JSON file, or a folder with VOC's XML, YOLO's text or label "
        'images',
    )
    group.add_argument(
        '--val-images',
        type=Path,
        metavar='FOLDER',
        help='held-out images in the same format (default: a part of --images)',
    )
    group.add_argument('--val-labels', type=Path, metavar='PATH', help='their labels')
    group.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        help='part of --images that is held out (default: %(default)s)',
    )
    group.add_argument(
        '--classes',
        type=Path,
        metavar='FILE',
        help='names of the classes, one a line (default: those in the labels)',
    )
    group.add_argument(
        '--ignored',
        type=int,
        default=255,
        help='value of pixels without a class in label images (default: %(default)s)',
    )
    group.add_argument(
        '--shares',
        type=float,
        nargs='+',
        default=[5, 10, 100],
        metavar='PERCENT',
        help='of the labels (default: 5 10 100)',
    )
    group.add_argument(
        '--seeds',
        type=int,
        nargs='+',
        default=[0, 1, 2],
        help='each draws a split, random weights and a pre-training (default: 0 1 2)',
    )
    group.add_argument(
        '--pretrain-on-held-out',
        action='store_true',
        help='leave held-out images in pre-training',
    )


def _add_pretraining_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--weights',
        type=Path,
        metavar='FILE',
        help='weights that you have: compared, and pre-trained further',
    )
    parser.add_argument(
        '--config',
        type=Path,
        default=CONFIGS / 'setsim_r50_200e_folder.py',
        help='config of the pre-training from random weights (default: '
        'setsim_r50_200e_folder.py)',
    )
    parser.add_argument(
        '--config-from-weights',
        type=Path,
        metavar='CONFIG',
        default=CONFIGS / 'setsim_r50_20e_folder_from-weights.py',
        help='the same from --weights (default: setsim_r50_20e_folder_from-weights.py)',
    )
    add_trial_options(parser, 'pre-training')
    add_length_options(parser, ['epochs'])


def _add_probe_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--size',
        type=int,
        nargs='+',
        metavar='PIXELS',
        help='side of the crop for class folders (default: 224), else height and width '
        'of the images (default: 448 448)',
    )
    group.add_argument(
        '--k',
        type=int,
        help='neighbours (default: 30 positions; for class folders 20 images, or as '
        'many as the smallest share has)',
    )
    group.add_argument(
        '--num-workers',
        type=int,
        default=2,
        help='processes that load images for a probe (default: %(default)s)',
    )


def _add_finetuning_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('fine-tuning')
    group.add_argument(
        '--fine-tune',
        nargs='?',
        const='',
        metavar='CONFIG',
        help='fine-tune in mmdet or mmseg, too (default config: the one of '
        'configs/benchmarks/own_data with your format)',
    )
    group.add_argument(
        '--fine-tune-merge', metavar='CONFIG', help='a config that is merged into it'
    )
    group.add_argument(
        '--fine-tune-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help='override parts of it',
    )
    add_tiny_options(group, ['iterations'])
