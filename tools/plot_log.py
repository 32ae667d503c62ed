"""Draw losses, matching statistics and probes of one or several training runs."""

import argparse
from pathlib import Path

from setsim_mm.utils import add_traceback_option, sentences_for_errors


def main() -> None:
    """Parse the command line, draw the curves and print the output file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'work_dirs', nargs='+', metavar='WORK_DIR', help='work folder of a run'
    )
    parser.add_argument(
        '--curves',
        nargs='+',
        metavar='NAME',
        help='names in the log to draw, such as loss_set attended_query (default: all '
        'losses, matching statistics, probes, and effective rank and spread)',
    )
    parser.add_argument(
        '--out',
        type=Path,
        help='output file (default: training_curves.png in the first folder)',
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.visualization import draw_training_curves

        out = args.out or Path(args.work_dirs[0]) / 'training_curves.png'
        draw_training_curves(args.work_dirs, args.curves).savefig(out)
        print(f'Curves: {out}')


if __name__ == '__main__':
    main()
