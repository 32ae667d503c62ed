"""Write toy data sets of drawn scenes in the formats of the real data sets."""

import argparse

from setsim_mm.utils import add_traceback_option, sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('data_root', help="folder to use instead of 'data'")
    parser.add_argument(
        '--images',
        type=int,
        default=16,
        help='training images of each data set; half as many validation images '
        '(default: 16)',
    )
    parser.add_argument('--seed', type=int, default=0, help='random seed (default: 0)')
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Write the data sets and print their folder."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from toy import make_toy_datasets

        make_toy_datasets(args.data_root, args.images, args.seed)
        print(
            'Toy data in the formats of VOC, COCO, Cityscapes, ADE20K and ImageNet: '
            f'{args.data_root}'
        )


if __name__ == '__main__':
    main()
