"""Measure the mean and the standard deviation of each channel of images.

It prints the lines for configs/selfsup/setsim_r50_200e_folder_channels.py.
"""

import argparse

from setsim_mm.utils import add_traceback_option, sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('folder', help='folder of images, searched at any depth')
    parser.add_argument(
        '--channels',
        type=int,
        help='number of channels of each image (default: that of the first one)',
    )
    parser.add_argument(
        '--num-images', type=int, help='images to draw and measure (default: all)'
    )
    parser.add_argument(
        '--fill',
        type=float,
        help='value in the place of NaN and infinity (default: such images are '
        'unreadable)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='selects images (default: %(default)s)'
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Measure, and print the lines of the config."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.datasets.channel_statistics import measure_channels
        from setsim_mm.datasets.image_files import ImageFiles
        from setsim_mm.datasets.image_lists import CHANNEL_SUFFIXES

        for name, value in vars(args).items():
            if name in ('channels', 'num_images') and value is not None and value < 1:
                raise ValueError(f'{name} must be at least 1, not {value}')
        found = measure_channels(
            ImageFiles(args.folder, CHANNEL_SUFFIXES).found(),
            args.channels,
            args.num_images,
            args.fill,
            args.seed,
            progress=True,
        )
        print(f'# {found.num_images} images, {found.num_unreadable} unreadable')
        print(found.config_lines())


if __name__ == '__main__':
    main()
