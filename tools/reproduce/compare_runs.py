"""Compare the runs of two folders of tools/reproduce/ablate.py, seed by seed."""

import argparse
from pathlib import Path

from setsim_mm.utils import add_traceback_option, sentences_for_errors


def main() -> None:
    """Parse the command line, print the table and its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'first', type=Path, help='folder of the runs under the first setting'
    )
    parser.add_argument(
        'second',
        type=Path,
        help='folder of the runs under the second setting, the control',
    )
    parser.add_argument(
        '--out', type=Path, help='the table as CSV (default: paired.csv in the first)'
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.runs import PROBES
        from studies.paired import as_paired_markdown, compare_folders

        table = compare_folders(args.first, args.second, PROBES)
        out = args.out or args.first / 'paired.csv'
        table.to_csv(out, index=False)
        print(as_paired_markdown(table, PROBES))
        print(
            '\nThe difference is first minus second, the mean over seeds with its 95 % '
            f'interval (Student). The table: {out}'
        )


if __name__ == '__main__':
    main()
