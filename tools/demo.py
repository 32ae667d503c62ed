"""Pre-train SetSim on a few photographs in minutes and show the results."""

import argparse
import os
import shutil
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from setsim_mm.utils import (
    add_config_options,
    add_traceback_option,
    sentences_for_errors,
)
from setsim_mm.utils.interrupts import sentence_for_interrupts
from setsim_mm.utils.shipped_files import shipped_file

if TYPE_CHECKING:
    from mmengine.config import Config

# PyTorch reads this when it is loaded. Threads that wait in a busy loop make training
# several times slower if another program uses a core.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

CONFIG = 'configs/selfsup/demo_r18.py'
WINDOWS = 'windows'  # folder of the training images in the work folder
STOPPED = 'Stopped: the same command starts again from the beginning.'


def at_least_one(text: str) -> int:
    """Parse a positive number of the command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'must be at least 1, not {number}')
    return number


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--images',
        metavar='FOLDER',
        help='folder with your own photographs (default: those in scikit-image and '
        'scikit-learn)',
    )
    parser.add_argument(
        '--work-dir', type=Path, default='work_dirs/demo', help='output folder'
    )
    parser.add_argument('--epochs', type=at_least_one, help='number of epochs')
    parser.add_argument(
        '--num-windows',
        type=at_least_one,
        default=480,
        help='training images to cut from the photographs (default: %(default)s)',
    )
    add_config_options(parser, f'override parts of {CONFIG}')
    add_traceback_option(parser)
    return parser.parse_args()


def load_config(args: argparse.Namespace) -> 'Config':
    """Load the demo's config with the options of the command line."""
    from setsim_mm.engine.training_length import set_training_length
    from setsim_mm.utils import load_training_config

    cfg = load_training_config(str(shipped_file(CONFIG)), args.cfg_options)
    cfg.work_dir = str(args.work_dir)
    cfg.train_dataloader.dataset.data_root = str(args.work_dir / WINDOWS)
    set_training_length(cfg, args.epochs)
    return cfg


def make_images(args: argparse.Namespace) -> None:
    """Cut the training images."""
    from demo_images import cut_windows, photographs_in, shipped_photographs

    from setsim_mm.utils.printable import printable

    windows = args.work_dir / WINDOWS
    if args.images is None:
        paths, source = shipped_photographs(), 'inside scikit-image and scikit-learn'
    else:
        paths, source = photographs_in(args.images, windows), f'in {args.images}'
    print(f'Cutting {args.num_windows} images from {len(paths)} photographs {source}.')
    unreadable = cut_windows(paths, windows, args.num_windows)
    if unreadable:
        first = printable(str(unreadable[0]))
        print(f'  {len(unreadable)} of them cannot be read, such as {first}')


def demonstrate(args: argparse.Namespace) -> None:
    """Make images, train, draw, and print the results."""
    from setsim_mm.apis.results import write_results
    from setsim_mm.engine.runner import QuietRunner
    from setsim_mm.engine.training import train
    from setsim_mm.utils.work_dir import lock_work_dir, set_checkpoints_aside

    start = time.monotonic()
    lock_work_dir(args.work_dir)
    earlier = set_checkpoints_aside(args.work_dir)
    cfg = load_config(args)
    make_images(args)
    print('Pre-training SetSim with a small ResNet on small views.')
    with warnings.catch_warnings():
        # The libraries' warnings concern their developers.
        warnings.simplefilter('ignore')
        train(cfg, restart=True, runner_type=QuietRunner, how_to_go_on=lambda: STOPPED)
        if earlier is not None:
            shutil.rmtree(earlier)  # checkpoints of an earlier demo
        results = write_results(cfg)
    before, after, chance = results.precision
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    print(
        f"""
Done after {minutes}:{seconds:02} minutes. The results:
  {results.checkpoint}
      the checkpoint: the whole model and the state of the training
  {results.backbones[0]}
      the weights of the backbone alone, for other programs
  {results.curves}
      the loss at every step (it rises while the queue fills with keys), and the
      precision below after every epoch
  {results.sets}
      pairs of views with the sets that SetSim finds to correspond

How precise are the correspondences? For a position that two views of an image both
show, the most similar position of the other view is at the right place in
  {before:6.1%} of all cases before training,
  {after:6.1%} after it,
  {chance:6.1%} by chance.
This short training only shows that everything works: continue with README.md."""
    )


def main() -> None:
    """Run the demo; errors and interruptions are one sentence."""
    args = parse_args()
    with (
        sentences_for_errors(args.traceback),
        sentence_for_interrupts(lambda: STOPPED),
    ):
        demonstrate(args)


if __name__ == '__main__':
    main()
