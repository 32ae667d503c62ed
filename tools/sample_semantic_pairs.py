"""Sample semantic positive pairs, to train with as SePP-ID does.

A pre-trained network encodes images; each is paired with the most similar others whose
similarity is within a window. No label is used. A killed command continues where it
stopped, and another window does not encode again (docs/semantic_pairs.md).
"""

import argparse
from dataclasses import fields
from pathlib import Path

from setsim_mm.utils import (
    add_config_options,
    add_traceback_option,
    sentences_for_errors,
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config of a pre-training')
    parser.add_argument(
        'checkpoint',
        help='its checkpoint, the weights of the backbone, a checkpoint of another '
        'project, or embeddings: NAME.npy, with the paths of the images in NAME.txt',
    )
    parser.add_argument(
        '--data',
        metavar='FOLDER',
        help="folder of the images (default: the config's data set)",
    )
    parser.add_argument(
        '--out', required=True, type=Path, help='output: a .csv or .parquet file'
    )
    parser.add_argument(
        '--num-images', type=int, help='images to choose at random (default: all)'
    )
    parser.add_argument(
        '--min',
        dest='low',
        type=float,
        help='minimum similarity (default: the median of the similarities of an image '
        'to the nearest other one; not from the paper)',
    )
    parser.add_argument(
        '--max',
        dest='high',
        type=float,
        default=0.99,
        help='maximum: above are near-duplicates; not from the paper '
        '(default: %(default)s)',
    )
    parser.add_argument(
        '--per-anchor',
        type=int,
        default=1,
        help='maximum number of positives of an image (default: %(default)s)',
    )
    parser.add_argument(
        '--no-center',
        dest='center',
        action='store_false',
        help='compare embeddings without subtracting their mean',
    )
    parser.add_argument(
        '--search',
        choices=('torch', 'faiss'),
        default='torch',
        help='both are exact; faiss must be installed and uses the CPU '
        '(default: %(default)s)',
    )
    parser.add_argument(
        '--timm',
        metavar='MODEL',
        help="a model of timm in place of the config's; CHECKPOINT has its weights",
    )
    parser.add_argument(
        '--features',
        type=Path,
        metavar='FOLDER',
        help='folder of the encoded images (default: NAME_features beside the output)',
    )
    parser.add_argument('--sheet', type=Path, help='draw anchors and positives here')
    parser.add_argument(
        '--sheet-anchors', type=int, default=12, help='default: %(default)s'
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of choice and sheet (default: %(default)s)'
    )
    parser.add_argument(
        '--image-size', type=int, default=224, help='side of the crop in pixels'
    )
    parser.add_argument('--batch-size', type=int, default=64)
    parser.add_argument('--num-workers', type=int, default=2)
    parser.add_argument('--device', help='cpu or cuda (default: a GPU if there is one)')
    add_config_options(parser)
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Sample the pairs and print what was found."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        import torch
        from mmengine.device import get_device

        from setsim_mm.pairs import PairRequest, sample_pairs
        from setsim_mm.utils import load_training_config

        wanted = {
            field.name: getattr(args, field.name) for field in fields(PairRequest)
        }
        cfg = load_training_config(args.config, args.cfg_options)
        summary = sample_pairs(
            cfg, PairRequest(**wanted), torch.device(args.device or get_device())
        )
        print(f'Pairs: {args.out}: {summary}')


if __name__ == '__main__':
    main()
