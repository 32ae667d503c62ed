"""Pack the images of a folder into an LMDB file or tar shards, bytes unchanged."""

import argparse

from setsim_mm.datasets.packed import FORMATS
from setsim_mm.utils import add_traceback_option, sentences_for_errors
from setsim_mm.utils.interrupts import sentence_for_interrupts


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('format', choices=FORMATS, help='output format')
    parser.add_argument('folder', help='folder of the images, such as ImageNet/train')
    parser.add_argument('packed', help='output folder, such as ImageNet/train_lmdb')
    parser.add_argument(
        '--ann-file',
        default='',
        help="list of the images in the data set's order, such as "
        'ImageNet/meta/train.txt (default: all images below the folder, sorted)',
    )
    parser.add_argument(
        '--suffixes',
        nargs='+',
        metavar='SUFFIX',
        help='of the images, such as .npy .tif (default: all image files, no arrays)',
    )
    parser.add_argument(
        '--shard-size',
        type=int,
        default=1024,
        metavar='MIB',
        help='maximum size of a tar shard in MiB (default: 1024)',
    )
    parser.add_argument(
        '--threads',
        type=int,
        default=8,
        help='number of files to read at the same time (default: 8)',
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Pack the images and print the output folder."""
    args = parse_args()
    with (
        sentences_for_errors(args.traceback),
        sentence_for_interrupts(
            lambda: 'Interrupted: nothing was left behind; run the same command again.'
        ),
    ):
        from rich.filesize import decimal

        from setsim_mm.datasets.image_lists import IMAGE_SUFFIXES
        from setsim_mm.datasets.packed import pack_images
        from setsim_mm.utils.printable import printable

        images = pack_images(
            args.folder,
            args.packed,
            args.format,
            args.ann_file,
            shard_size=args.shard_size * 2**20,
            num_threads=args.threads,
            suffixes=args.suffixes or IMAGE_SUFFIXES,
        )
        size = decimal(sum(images.manifest.files.values()))
        print(f'Packed {len(images):,} images, {size}: {printable(args.packed)}')


if __name__ == '__main__':
    main()
