"""Evaluate the backbone of a pre-training run by linear segmentation."""

import argparse
import signal
from pathlib import Path

from backbone_options import add_checkpoint_argument, named_checkpoint

from setsim_mm.utils import (
    add_config_options,
    add_traceback_option,
    sentences_for_errors,
)

PROBES = Path(__file__).parents[2] / 'configs' / 'benchmarks' / 'mmsegmentation'


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('pretraining', help='config of the pre-training')
    add_checkpoint_argument(parser)
    parser.add_argument(
        '--config',
        default=PROBES / 'linear_camvid.py',
        help='config of the probe (default: linear_camvid.py)',
    )
    parser.add_argument(
        '--data-root', metavar='FOLDER', help="data set (default: the config's)"
    )
    parser.add_argument(
        '--work-dir',
        type=Path,
        help='output folder (default: work_dirs/<name of the config>)',
    )
    add_config_options(
        parser, "override parts of the probe's config, such as train_cfg.max_epochs=3"
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Train a 1x1 convolution on the frozen backbone and print the mIoU."""
    args = parse_args()
    # SIGTERM stops the probe's process too, like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with sentences_for_errors(args.traceback):
        from setsim_mm.evaluation import (
            run_segmentation_probe,
            segmentation_probe_config,
        )
        from setsim_mm.utils import load_training_config, require_writable

        pretraining = load_training_config(args.pretraining)
        cfg = segmentation_probe_config(
            args.config,
            pretraining,
            named_checkpoint(args),
            args.data_root,
            args.cfg_options,
        )
        work_dir = args.work_dir or Path(cfg.work_dir)
        require_writable(work_dir)
        metrics = run_segmentation_probe(cfg, work_dir, quiet=False)
        print(f'mIoU: {metrics["mIoU"]:.2f} % ({work_dir / "result.json"})')


if __name__ == '__main__':
    main()
