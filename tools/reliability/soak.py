"""Train a tiny SetSim for a long time and check that only log files grow."""

import argparse
import signal
import subprocess
import sys
import time
from math import ceil
from pathlib import Path

from soaking.samples import Sample, Watcher, append_sample, read_samples
from soaking.training import STEPS_PER_EPOCH, start_training, write_training
from soaking.verdict import LIMITS, is_flat, quarter, summary

from setsim_mm.utils import UserError, sentences_for_errors

POLL = 1.0  # seconds


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--steps',
        type=int,
        default=10_000,
        help=f'steps, rounded up to epochs of {STEPS_PER_EPOCH} (default: 10000)',
    )
    parser.add_argument(
        '--every', type=int, default=50, help='steps between two samples (default: 50)'
    )
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=Path('work_dirs/soak'),
        help='output folder; an interrupted run in it is resumed '
        '(default: work_dirs/soak)',
    )
    return parser.parse_args()


def watch(training: subprocess.Popen, args: argparse.Namespace, epochs: int) -> None:
    """Measure a training until it ends and print its progress.

    Args:
        training (subprocess.Popen): The process.
        args (argparse.Namespace): The command line.
        epochs (int): Length of the training.
    """
    path = args.work_dir / 'samples.jsonl'
    before = read_samples(path)
    watcher = Watcher(
        training.pid, args.work_dir, before[-1].start + 1 if before else 1
    )
    total = epochs * STEPS_PER_EPOCH
    while training.poll() is None:
        sample = watcher.sample(args.every)
        if sample is not None:
            append_sample(path, sample)
            print_progress(sample, total)
        time.sleep(POLL)


def print_progress(sample: Sample, total: int) -> None:
    """Print one sample and the time left."""
    left = (total - sample.step) * sample.step_time / 1000
    print(
        f'step {sample.step:,} of {total:,}, about {left // 60:.0f}:{left % 60:02.0f} '
        f'left: {sample.memory:.0f} MiB, {sample.files} open files, '
        f'{sample.step_time:.0f} ms a step, checkpoint {sample.checkpoint:.2f} MiB',
        flush=True,
    )


def soak(args: argparse.Namespace) -> bool:
    """Train, measure, draw, and print the verdict.

    Args:
        args (argparse.Namespace): The command line.

    Returns:
        bool: Whether no quantity has grown.

    Raises:
        UserError: If the training fails or is too short.
        KeyboardInterrupt: If it was interrupted.
    """
    epochs = ceil(args.steps / STEPS_PER_EPOCH)
    config = write_training(args.work_dir, epochs)
    training = start_training(config, args.work_dir)
    try:
        watch(training, args, epochs)
    except KeyboardInterrupt:
        training.send_signal(signal.SIGTERM)
        training.wait()
        print('\nInterrupted: the same command resumes.', file=sys.stderr)
        raise
    if training.returncode != 0:
        raise UserError(
            f'the training ended with status {training.returncode}: see '
            f'{args.work_dir / "output.txt"}.'
        )
    samples = read_samples(args.work_dir / 'samples.jsonl')
    if not samples or not (quarter(samples, 2) and quarter(samples, 4)):
        raise UserError(
            f'{len(samples)} samples are too few to compare quarters of the run: '
            'raise --steps or lower --every.'
        )
    from soaking.picture import draw_samples

    picture = args.work_dir / 'soak.png'
    draw_samples(samples).savefig(picture)
    print(f'{summary(samples)} The picture: {picture}')
    return all(is_flat(samples, limit) for limit in LIMITS)


def main() -> None:
    """Run, and exit with status 1 if a quantity has grown."""
    args = parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with sentences_for_errors():
        flat = soak(args)
    sys.exit(not flat)


if __name__ == '__main__':
    main()
