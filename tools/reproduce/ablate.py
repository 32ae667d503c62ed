"""Run the paper's ablations over seeds, and tabulate them beside the paper.

Run the same command again to continue: finished runs are skipped, interrupted ones
are resumed. A family is one of table1, table2, table3, figure3 (docs/ablations.md),
study (docs/study.md), sepp (docs/semantic_pairs.md) and copies
(docs/copy_detection.md).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from setsim_mm.utils import (
    UserError,
    add_length_options,
    add_traceback_option,
    sentences_for_errors,
)
from studies.command_line import add_trial_options, make_runner, require_at_least
from studies.families import Family, family_named, rows_named

if TYPE_CHECKING:
    from studies.trials import Trial

REPOSITORY = Path(__file__).resolve().parents[2]


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'families',
        nargs='+',
        metavar='FAMILY',
        help='table1, table2, table3, figure3, study, sepp or copies; shared runs run '
        'once',
    )
    parser.add_argument(
        '--seeds', nargs='+', type=int, default=[0], help='seeds of each row (0)'
    )
    parser.add_argument(
        '--only',
        nargs='+',
        default=[],
        metavar='ROW',
        help='run these rows only, such as Set2Set or 0.7',
    )
    parser.add_argument(
        '--matcher-alone',
        action='store_true',
        help='table2 and figure3 without geometry and without the symmetrised loss',
    )
    add_trial_options(parser, 'row')
    add_length_options(parser)
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=Path('work_dirs/ablations'),
        help='folder of all runs (work_dirs/ablations)',
    )
    parser.add_argument(
        '--trial',
        type=int,
        metavar='INDEX',
        help='run only this trial, from 0, and write no table: for Slurm arrays',
    )
    parser.add_argument(
        '--count', action='store_true', help='print how many trials there are'
    )
    parser.add_argument(
        '--table-only', action='store_true', help='run nothing, tabulate finished runs'
    )
    parser.add_argument(
        '--out', type=Path, help='folder of table and plot (default: --work-dir)'
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    require_at_least(parser, args, gpus=0, jobs=1)
    return args


def main() -> None:
    """Run the trials, write tables and plots, and print their paths."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from studies.failures import require_success
        from studies.family_report import report
        from studies.pretraining import require_alone

        families = [family_named(name) for name in dict.fromkeys(args.families)]
        if args.matcher_alone:
            for family in families:
                require_alone(family)
        failures = []
        if not args.table_only:
            trials = trials_of(args, families)
            if args.count:
                print(len(trials))
                return
            runner = make_runner(args, ' and '.join(family.name for family in families))
            failures = runner.run(trials)
        for family in families if args.trial is None else ():
            markdown, csv, plot = report(
                family, args.work_dir, args.out or args.work_dir, args.matcher_alone
            )
            print(f'Table: {markdown} and {csv}; plot: {plot}')
        require_success(failures)


def trials_of(args: argparse.Namespace, families: Sequence[Family]) -> list['Trial']:
    """Return the trials for the options of the command line."""
    from studies.pretraining import Scale, pretraining_trials

    scale = Scale(
        args.merge,
        args.cfg_options,
        args.matcher_alone,
        args.gpus,
        args.epochs,
        args.iterations,
    )
    rows = rows_named(families, args.only)
    trials = pretraining_trials(rows, args.seeds, scale, args.work_dir, REPOSITORY)
    if args.trial is None:
        return trials
    if not 0 <= args.trial < len(trials):
        raise UserError(
            f'there is no trial {args.trial}: choose one of 0 to {len(trials) - 1}.'
        )
    return [trials[args.trial]]


if __name__ == '__main__':
    main()
