"""Evaluate copy detection: which reference is each query a copy of?

    copy_detection.py model CONFIG CHECKPOINT DATA_ROOT   describe images, then search
    copy_detection.py search DESCRIPTORS TRUTH            search among descriptors
    copy_detection.py score PREDICTIONS TRUTH             score a CSV of predictions

The scores are micro-AP, recall at precision 90 % and recall at rank 1 and 10
(docs/copy_detection.md).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from backbone_options import named_checkpoint

from setsim_mm.utils import (
    add_config_options,
    add_traceback_option,
    sentences_for_errors,
)

if TYPE_CHECKING:
    import pandas as pd

    from setsim_mm.evaluation import Descriptors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest='command', required=True)
    model = commands.add_parser('model', help='describe images by a model and search')
    model.add_argument('config', help='config of the training')
    model.add_argument('checkpoint', help="what it saved, or 'random'")
    model.add_argument(
        'data_root',
        type=Path,
        help='folder with queries/, references/, optionally training/, and truth.csv',
    )
    model.add_argument('--truth', type=Path, help='default: truth.csv of the folder')
    model.add_argument(
        '--pooled',
        action='store_true',
        help="describe by the backbone's pooled features instead of the neck's output",
    )
    model.add_argument(
        '--image-size', type=int, default=224, help='side (default: %(default)s)'
    )
    model.add_argument('--batch-size', type=int, default=64)
    model.add_argument('--num-workers', type=int, default=2)
    model.add_argument('--device', help='cpu or cuda (default: a GPU if there is one)')
    model.add_argument(
        '--save-descriptors', type=Path, metavar='FILE', help='write them as .npz'
    )
    add_config_options(model)
    search = commands.add_parser('search', help='search among descriptors')
    search.add_argument('descriptors', type=Path, help='.npz of --save-descriptors')
    search.add_argument('truth', type=Path, help='CSV: query_id,reference_id')
    for command in (model, search):
        add_search_options(command)
    score = commands.add_parser('score', help='score a CSV of predictions')
    score.add_argument('predictions', help='CSV: query_id,reference_id,score')
    score.add_argument('truth', type=Path, help='CSV: query_id,reference_id')
    score.add_argument(
        '--references',
        type=Path,
        help='text file with one identifier a line; others in the CSV are errors',
    )
    for command in (model, search, score):
        add_traceback_option(command)
    return parser.parse_args()


def add_search_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the search."""
    default = 'default: %(default)s'
    parser.add_argument(
        '--k', type=int, default=10, help=f'references of each query ({default})'
    )
    parser.add_argument(
        '--search', choices=('torch', 'faiss'), default='torch', help=default
    )
    parser.add_argument(
        '--normalize',
        type=int,
        metavar='RANK',
        help="subtract each query's score of this rank with the training images",
    )
    parser.add_argument(
        '--weight', type=float, default=1.0, help=f'factor of it ({default})'
    )
    parser.add_argument(
        '--any-dimension',
        action='store_true',
        help="allow descriptors of more than the challenge's 256 dimensions",
    )
    parser.add_argument('--out', type=Path, help='write the predictions as CSV')
    parser.add_argument('--picture', type=Path, help='draw copies to this file')


def main() -> None:
    """Evaluate and print the scores."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.evaluation.copy_detection import score_copies
        from setsim_mm.evaluation.copy_files import read_predictions, read_truth

        if args.command == 'model' and args.truth is None:
            args.truth = args.data_root / 'truth.csv'
        queries, pairs = read_truth(args.truth)
        if args.command == 'score':
            references = None
            if args.references is not None:
                references = args.references.read_text().split('\n')
            predictions = read_predictions(args.predictions, queries, references)
        else:
            predictions = find_copies(args, queries, pairs)
        print(f'Copy detection: {score_copies(predictions, pairs)}')


def find_copies(
    args: argparse.Namespace, queries: list[str], pairs: 'pd.DataFrame'
) -> 'pd.DataFrame':
    """Return the predictions, and write them and the picture if asked for."""
    from setsim_mm.evaluation.copy_detection import QUERY, REFERENCE
    from setsim_mm.evaluation.copy_files import require_known
    from setsim_mm.evaluation.copy_predictions import (
        MAX_DIM,
        CopySearch,
        predict_copies,
        read_descriptors,
    )
    from setsim_mm.evaluation.neighbors import require_search
    from setsim_mm.utils import UserError

    require_search(args.search)  # before descriptors are computed
    if args.command == 'model':
        groups = describe(args)
    else:
        groups = read_descriptors(args.descriptors)
    require_known(args.truth, QUERY, queries, groups['query'].ids)
    require_known(args.truth, REFERENCE, pairs[REFERENCE], groups['reference'].ids)
    training = groups.get('training')
    if args.normalize is not None and training is None:
        raise UserError(
            '--normalize needs training images, of which there are none: put them '
            'into training/ of the data root.'
        )
    options = CopySearch(
        k=args.k,
        max_dim=None if args.any_dimension else MAX_DIM,
        rank=args.normalize or 0,
        weight=args.weight,
        search=args.search,
    )
    predictions = predict_copies(
        groups['query'],
        groups['reference'],
        training if args.normalize is not None else None,
        options,
    )
    if args.out is not None:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        predictions.to_csv(args.out, index=False)
        print(f'Predictions: {args.out}')
    if args.picture is not None:
        draw(args, predictions, pairs)
    return predictions


def describe(args: argparse.Namespace) -> 'dict[str, Descriptors]':
    """Return the descriptors of the images, by role."""
    import torch
    from mmengine.device import get_device

    from setsim_mm.evaluation import build_data_preprocessor, image_inputs
    from setsim_mm.evaluation.copy_descriptors import (
        describe_benchmark,
        load_describer,
    )
    from setsim_mm.evaluation.copy_predictions import write_descriptors
    from setsim_mm.evaluation.image_reading import require_rgb
    from setsim_mm.utils import load_training_config

    cfg = load_training_config(args.config, args.cfg_options)
    device = torch.device(args.device or get_device())
    inputs = image_inputs(cfg, build_data_preprocessor(cfg), device)
    require_rgb(inputs.load, 'copy detection')
    groups = describe_benchmark(
        load_describer(cfg, named_checkpoint(args), args.pooled, device),
        inputs,
        args.data_root,
        args.image_size,
        args.batch_size,
        args.num_workers,
        progress=True,
    )
    if args.save_descriptors is not None:
        args.save_descriptors.parent.mkdir(parents=True, exist_ok=True)
        write_descriptors(args.save_descriptors, groups)
        print(f'Descriptors: {args.save_descriptors}')
    return groups


def draw(
    args: argparse.Namespace, predictions: 'pd.DataFrame', pairs: 'pd.DataFrame'
) -> None:
    """Draw queries and the references found for them."""
    from setsim_mm.datasets.copy_images import CopyImages
    from setsim_mm.utils import UserError
    from setsim_mm.visualization.copies import draw_copies

    if args.command != 'model':
        raise UserError(
            '--picture needs the images: use it with `copy_detection.py model`.'
        )
    args.picture.parent.mkdir(parents=True, exist_ok=True)
    images = CopyImages(str(args.data_root))
    draw_copies(images, predictions, pairs).savefig(args.picture)
    print(f'Picture: {args.picture}')


if __name__ == '__main__':
    main()
