"""Attack a tiny training with kills, full disks, broken files, NaNs and more."""

import argparse
import platform
import shutil
import signal
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from attacks.scenario import SCENARIOS, THEMES

from setsim_mm.utils import sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--only',
        nargs='+',
        choices=THEMES,
        default=THEMES,
        help='themes to attack (default: all)',
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=1,
        metavar='N',
        help='tries of each fault in each kind of training (default: 1)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='seed of random moments (default: 0)'
    )
    parser.add_argument(
        '--jobs', type=int, default=2, help='trainings at the same time (default: 2)'
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('work_dirs/attack'),
        metavar='FOLDER',
        help='folder of attack.md and attack.json, and of the trainings if one failed '
        '(default: work_dirs/attack)',
    )
    return parser.parse_args()


def main() -> None:
    """Run the attacks, print the table, and exit with status 1 if a training failed."""
    args = parse_args()
    import mmengine
    import torch
    from attacks.campaign import run_scenarios
    from attacks.lab import Lab
    from attacks.table import failures, markdown, write_results

    for theme in THEMES:  # they add themselves to SCENARIOS
        import_module(f'attacks.{theme}')
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = time.monotonic()
    args.out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix='trainings-', dir=args.out.resolve()))
    scenarios = [s for s in SCENARIOS if s.theme in args.only]
    lab = Lab(folder, args.rounds)
    with sentences_for_errors():
        rounds = list(run_scenarios(scenarios, lab, args.seed, args.jobs))

    minutes = (time.monotonic() - start) / 60
    about = dict(
        seed=args.seed,
        rounds=args.rounds,
        minutes=round(minutes, 1),
        python=platform.python_version(),
        torch=torch.__version__,
        mmengine=mmengine.__version__,
    )
    write_results(args.out, rounds, about)
    failed = failures(rounds)
    print(f'\n{markdown(rounds)}')
    print('\n'.join(failed))
    if not failed:
        shutil.rmtree(folder)
    survived = len(rounds) - len(failed)
    print(
        f'{survived} of {len(rounds)} faults survived in {minutes:.0f} minutes; '
        f'{sum(r.lost for r in rounds):,} bytes of checkpoints lost. '
        f'The table: {args.out / "attack.md"}'
    )
    sys.exit(bool(failed))


if __name__ == '__main__':
    main()
