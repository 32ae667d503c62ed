"""Evaluate the backbone of a pre-training run by in-context retrieval.

Nothing is trained: the positions of labelled images are the memory, and each position
of the other images takes the labels of its nearest neighbours (docs/evaluation.md).
"""

import argparse
from pathlib import Path

from backbone_options import load_evaluated
from label_options import label_parser, load_label_images

from setsim_mm.utils import sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = label_parser(__doc__)
    parser.add_argument(
        '--memory-size',
        type=int,
        help='bound of the memory in positions (default: all labelled ones)',
    )
    parser.add_argument(
        '--k', type=int, default=30, help='neighbours (default: %(default)s)'
    )
    parser.add_argument(
        '--temperature', type=float, default=0.02, help='default: %(default)s'
    )
    parser.add_argument(
        '--ignored-is-class-0',
        action='store_true',
        help='count pixels without a class as class 0 in the memory, as the open '
        'implementation of the paper does',
    )
    parser.add_argument(
        '--search',
        choices=('torch', 'faiss'),
        default='torch',
        help='both are exact; faiss must be installed (default: %(default)s)',
    )
    parser.add_argument('--picture', type=Path, help='draw predictions to this file')
    parser.add_argument(
        '--num-images', type=int, default=4, help='images drawn (default: %(default)s)'
    )
    return parser.parse_args()


def main() -> None:
    """Evaluate the backbone and print the mIoU."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.evaluation.frozen_backbone import feature_grid
        from setsim_mm.evaluation.in_context_probe import (
            InContextOptions,
            evaluate_in_context,
        )
        from setsim_mm.evaluation.label_checks import check_in_context

        options = InContextOptions(
            args.memory_size,
            args.k,
            args.temperature,
            args.ignored_is_class_0,
            args.seed,
            args.batch_size,
            args.num_workers,
            args.search,
        )
        backbone, inputs = load_evaluated(args)
        (train, val), names = load_label_images(args, inputs.load, 'train', 'val')
        grid = feature_grid(backbone, inputs, val)
        check_in_context(grid, train, val, options, progress=True)
        result = evaluate_in_context(
            backbone, inputs, train, val, options, progress=True
        )
        for name, iou in zip(names, result.iou.tolist(), strict=True):
            print(f'{name:>20} {iou:6.2f} %')
        print(f'In-context retrieval: {result}')
        if args.picture is not None:
            from in_context_pictures import draw_in_context

            from setsim_mm.evaluation.in_context_examples import in_context_examples

            drawn = val.every(max(1, len(val) // args.num_images))
            examples = in_context_examples(
                backbone, inputs, train, drawn, result.memory, options
            )
            args.picture.parent.mkdir(parents=True, exist_ok=True)
            draw_in_context(examples[: args.num_images], names).savefig(args.picture)
            print(f'Picture: {args.picture}')


if __name__ == '__main__':
    main()
