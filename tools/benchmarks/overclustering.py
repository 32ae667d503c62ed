"""Evaluate the backbone of a pre-training run by overclustering.

Nothing is trained on labels: positions of the validation images are clustered, and the
clusters are compared with the classes (docs/evaluation.md).
"""

import argparse

from backbone_options import load_evaluated
from label_options import label_parser, load_label_images

from setsim_mm.utils import sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = label_parser(__doc__)
    parser.add_argument(
        '--num-clusters',
        type=int,
        default=500,
        help='as many as classes are matched one to one (default: %(default)s)',
    )
    parser.add_argument(
        '--dimensions', type=int, default=50, help='kept by PCA (default: %(default)s)'
    )
    parser.add_argument(
        '--num-seeds',
        type=int,
        default=5,
        help='runs of k-means (default: %(default)s)',
    )
    return parser.parse_args()


def main() -> None:
    """Evaluate the backbone and print the mIoU."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.evaluation.frozen_backbone import feature_grid
        from setsim_mm.evaluation.label_checks import check_overclustering
        from setsim_mm.evaluation.overclustering import (
            OverclusteringOptions,
            evaluate_overclustering,
        )

        options = OverclusteringOptions(
            args.num_clusters,
            args.dimensions,
            args.num_seeds,
            batch_size=args.batch_size,
            num_workers=args.num_workers,
        )
        backbone, inputs = load_evaluated(args)
        (val,), _ = load_label_images(args, inputs.load, 'val')
        grid = feature_grid(backbone, inputs, val)
        check_overclustering(grid, val, options.num_clusters, progress=True)
        result = evaluate_overclustering(backbone, inputs, val, options, progress=True)
        print(f'Overclustering: {result}')


if __name__ == '__main__':
    main()
