"""Write Tables 4 to 7 of the paper with own fine-tuned checkpoints.

Runs of run_suite.py and of tools/benchmarks/finetune.py are found by their records.
Each table is written as Markdown, as CSV and as a bar chart.
"""

import argparse
from pathlib import Path

from setsim_mm.utils import add_traceback_option, sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'work_dirs',
        nargs='+',
        type=Path,
        metavar='WORK_DIR',
        help='work folders of run_suite.py or finetune.py, or folders above them',
    )
    parser.add_argument(
        '--out', type=Path, help='folder of the tables (default: the first WORK_DIR)'
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Write the tables and print their paths."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from studies.transfer_report import transfer_report

        tables = transfer_report(args.work_dirs, args.out or args.work_dirs[0])
        print(f'Tables, as .md, .csv and .png: {", ".join(map(str, tables))}')


if __name__ == '__main__':
    main()
