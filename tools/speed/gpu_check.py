"""Check losses, matchers and training steps on a GPU, and measure them.

    python tools/speed/gpu_check.py

writes a report as Markdown and JSON. A check that fails does not stop the others. With
--device cpu, the checks that make sense there run in small sizes.
"""

import argparse
import os
import sys
from pathlib import Path

from setsim_mm.utils import add_traceback_option, sentences_for_errors

CONFIGS = Path(__file__).resolve().parents[2] / 'configs' / 'selfsup'


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--device', default='cuda', help='(%(default)s)')
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('work_dirs/gpu_check'),
        help='folder of the report (%(default)s)',
    )
    parser.add_argument('--only', nargs='+', metavar='CHECK', help='names of checks')
    parser.add_argument('--tiny', action='store_true', help='small sizes, as on a CPU')
    parser.add_argument(
        '--seconds',
        type=float,
        default=480,
        help='start no measurement of speed after this time (%(default)s)',
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Run the checks, write the report, and exit with status 1 if one failed."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        failed = check(args)
    sys.exit(int(failed))


def check(args: argparse.Namespace) -> bool:
    """Run the checks and return whether one failed."""
    if args.device == 'cpu':
        # mmengine chooses mixed precision by the GPUs that it sees.
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    import torch

    from gpu_checks import CHECKS, Setting, run_check, write_report
    from gpu_checks.report import summary_of
    from measurements import describe_machine
    from setsim_mm.utils import UserError

    device = torch.device(args.device)
    if device.type == 'cuda' and not torch.cuda.is_available():
        raise UserError(
            'PyTorch finds no GPU: check `nvidia-smi` and the driver, or run the '
            'checks that make sense on a CPU with --device cpu.'
        )
    names = [check.__name__ for check in CHECKS]
    unknown = sorted(set(args.only or ()) - set(names))
    if unknown:
        raise UserError(
            f'there is no check {unknown[0]!r}: choose from {", ".join(names)}.'
        )
    tiny = args.tiny or device.type == 'cpu'
    setting = Setting(device, CONFIGS, tiny, seconds=args.seconds)
    machine = describe_machine(device)
    if setting.on_gpu:
        properties = torch.cuda.get_device_properties(device)
        gpus = torch.cuda.device_count()
        machine += f', {gpus} x {properties.total_memory / 1e9:.0f} GB, CUDA '
        machine += f'{torch.version.cuda}'
    if tiny:
        machine += '; small sizes'
    results = []
    for one in CHECKS:
        if args.only and one.__name__ not in args.only:
            continue
        result = run_check(one, setting)
        results.append(result)
        print(
            f'{one.__name__}: {result.status} ({result.seconds:.1f} s) {result.reason}',
            flush=True,
        )
        # After each check, so that a killed job leaves a report.
        report = write_report(results, machine, args.out)
    print(f'{summary_of(results)}. Report: {report}')
    return any(result.status == 'failed' for result in results)


if __name__ == '__main__':
    main()
