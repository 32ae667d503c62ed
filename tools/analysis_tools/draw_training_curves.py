"""Draw the losses of a training run, and its correspondence precision if measured."""

import argparse
from pathlib import Path

from setsim_mm.utils import sentences_for_errors
from setsim_mm.visualization import draw_training_curves


def main() -> None:
    """Parse the command line, draw, and say where the result is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', type=Path, help='work folder of the run')
    parser.add_argument(
        '--out',
        type=Path,
        help='the picture to write (default: training_curves.png in the work folder)',
    )
    parser.add_argument(
        '--traceback', action='store_true', help='show where an error comes from'
    )
    args = parser.parse_args()
    with sentences_for_errors(args.traceback):
        out = args.out or args.work_dir / 'training_curves.png'
        draw_training_curves(args.work_dir).savefig(out)
        print(f'Curves: {out}')


if __name__ == '__main__':
    main()
