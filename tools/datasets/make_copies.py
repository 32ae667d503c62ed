"""Make a copy-detection benchmark from a folder of photographs.

The references are photographs. Half of the queries, by default, are edited copies of
references, the others (distractors) edited photographs that are no references. Further
photographs are training images, with which scores are normalised.

    python tools/datasets/make_copies.py data/imagenette160/train data/copies
"""

import argparse
from pathlib import Path

from setsim_mm.utils import add_traceback_option, sentences_for_errors

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
EDITS = CONFIGS / 'selfsup/copy_detection/_base_/copy_edits.py'


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('images', type=Path, help='folder of photographs')
    parser.add_argument('out', type=Path, help='folder that is created')
    for name, number, text in (
        ('references', 5000, 'photographs that are searched'),
        ('copies', 1000, 'queries that are copies of a reference'),
        ('distractors', 1000, 'queries that are not'),
        ('training', 1000, 'photographs for the normalisation of scores'),
    ):
        parser.add_argument(
            f'--{name}', type=int, default=number, help=f'{text} (default: {number})'
        )
    parser.add_argument('--seed', type=int, default=0, help='default: %(default)s')
    parser.add_argument(
        '--edits',
        default=str(EDITS),
        help='config with the list `copy_edits` of transforms (default: %(default)s)',
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Make the benchmark and print where it is."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from copy_benchmark import CopyBenchmark

        numbers = args.references, args.copies, args.distractors, args.training
        benchmark = CopyBenchmark.draw(args.images, *numbers, args.seed)
        benchmark.write(args.out, args.edits)
        print(f'Benchmark: {args.out} ({benchmark})')


if __name__ == '__main__':
    main()
