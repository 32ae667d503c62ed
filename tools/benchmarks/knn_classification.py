"""Evaluate the backbone of a pre-training run by k-NN classification."""

import argparse

from backbone_options import backbone_parser, load_evaluated

from setsim_mm.utils import sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = backbone_parser(__doc__)
    parser.add_argument(
        '--data-root',
        required=True,
        metavar='FOLDER',
        help='folder of labelled images: train/<class>/ and, optionally, val/<class>/',
    )
    parser.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        help='share of train to hold out if there is no val (default: %(default)s)',
    )
    parser.add_argument('--num-train', type=int, help='labelled images (default: all)')
    parser.add_argument('--num-val', type=int, help='images to classify (default: all)')
    parser.add_argument(
        '--image-size',
        type=int,
        default=224,
        help='side of the centre crop in pixels (default: %(default)s)',
    )
    parser.add_argument(
        '--k', type=int, default=20, help='number of neighbours (default: %(default)s)'
    )
    parser.add_argument(
        '--temperature', type=float, default=0.07, help='τ (default: %(default)s)'
    )
    parser.set_defaults(batch_size=64)
    return parser.parse_args()


def main() -> None:
    """Evaluate the backbone and print the accuracy."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.evaluation import check_vote, evaluate_knn, find_class_folders

        backbone, inputs = load_evaluated(args)
        folders = find_class_folders(
            args.data_root,
            args.num_train,
            args.num_val,
            args.val_share,
            args.seed,
            inputs.load,
        )
        check_vote(args.k, args.temperature, len(folders.train))
        result = evaluate_knn(
            backbone,
            inputs,
            folders,
            args.image_size,
            args.k,
            args.temperature,
            args.batch_size,
            args.num_workers,
            progress=True,
        )
        print(f'k-NN accuracy: {result}')


if __name__ == '__main__':
    main()
