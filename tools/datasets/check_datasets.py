"""Check the data sets of the benchmarks for missing and wrong files."""

import argparse

from setsim_mm.transfer.layouts import LAYOUTS, check_datasets
from setsim_mm.utils import add_traceback_option, sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('data_root', help="folder that is 'data' in the configs")
    parser.add_argument(
        'names',
        nargs='*',
        metavar='NAME',
        help=f'data sets to check (default: all): {", ".join(LAYOUTS)}',
    )
    parser.add_argument(
        '--allow-paths-outside',
        action='store_true',
        help='allow annotations to name files outside of DATA_ROOT',
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Print a report for each data set; exit with status 1 if one is unusable."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        unusable = []
        reports = check_datasets(args.data_root, args.names, args.allow_paths_outside)
        for report in reports:
            print(report, flush=True)
            if report.problems:
                unusable.append(report.name)
    if unusable:
        raise SystemExit(f'Not usable: {", ".join(unusable)}')
    print('All usable.')


if __name__ == '__main__':
    main()
