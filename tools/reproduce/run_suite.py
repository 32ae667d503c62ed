"""Fine-tune a checkpoint on the paper's downstream tasks, over seeds, and tabulate.

Run the same command again to continue: finished runs are skipped, interrupted ones
are resumed. The tables are the paper's Tables 4 to 7 (docs/transfer_suite.md).
"""

import argparse
from functools import partial
from pathlib import Path

from setsim_mm.transfer.tiny import add_tiny_options, make_tiny
from setsim_mm.utils import add_traceback_option, sentences_for_errors
from studies.command_line import add_trial_options, make_runner, require_at_least
from studies.tasks import TASKS, tasks_named

REPOSITORY = Path(__file__).resolve().parents[2]
ALL = ','.join(task.name for task in TASKS)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--checkpoint',
        required=True,
        help="the file that every run starts from; 'random' for random weights",
    )
    parser.add_argument(
        '--name', help="its name in the tables (default: the file's name)"
    )
    parser.add_argument(
        '--tasks',
        default=ALL,
        metavar='TASK,...',
        help=f'separated by commas (default: {ALL})',
    )
    parser.add_argument(
        '--trials', type=int, default=5, help='seeds of each task, from 0 (5)'
    )
    add_trial_options(parser, 'task')
    add_tiny_options(parser)
    parser.add_argument(
        '--data-root', metavar='FOLDER', help='the folder to use in place of data/'
    )
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=Path('work_dirs/transfer'),
        help='folder of all checkpoints, one folder each (work_dirs/transfer)',
    )
    parser.add_argument(
        '--out', type=Path, help='folder of the tables (default: --work-dir)'
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    require_at_least(parser, args, trials=1, gpus=0, jobs=1)
    return args


def main() -> None:
    """Run the trials, write the tables and print their paths."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.transfer.finetuning_record import checkpoint_name, require_name
        from studies.failures import require_success
        from studies.suite import suite_trials
        from studies.transfer_report import transfer_report

        name = require_name(args.name or checkpoint_name(args.checkpoint))
        trials = suite_trials(
            tasks_named([task.strip() for task in args.tasks.split(',') if task]),
            range(args.trials),
            args.checkpoint,
            args.work_dir / name,
            REPOSITORY,
            args.cfg_options,
            args.merge,
            args.data_root,
            args.gpus,
            partial(
                make_tiny,
                iterations=args.iterations,
                image_scale=args.image_scale,
                epochs=args.epochs,
            ),
        )
        runner = make_runner(args, name)
        failures = runner.run(trials)
        tables = transfer_report([args.work_dir], args.out or args.work_dir)
        print(f'Tables, as .md, .csv and .png: {", ".join(map(str, tables))}')
        require_success(failures)


if __name__ == '__main__':
    main()
