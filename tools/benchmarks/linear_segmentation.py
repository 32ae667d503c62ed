"""Judge the backbone of a pre-training run by one 1x1 convolution that segments."""

import argparse
import signal
from pathlib import Path

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
    parser.add_argument(
        'checkpoint',
        help='what it saved, the weights of the backbone alone, or a checkpoint of '
        'another project',
    )
    parser.add_argument(
        '--config',
        default=PROBES / 'linear_camvid.py',
        help='config of the probe (default: linear_camvid.py)',
    )
    parser.add_argument(
        '--data-root', metavar='FOLDER', help="the data set, if not the config's"
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
    """Train the convolution, and say what came of it."""
    args = parse_args()
    # Ended by the system, it ends its probe's process too, as it does by Ctrl-C.
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
            args.checkpoint,
            args.data_root,
            args.cfg_options,
        )
        work_dir = args.work_dir or Path(cfg.work_dir)
        require_writable(work_dir)
        metrics = run_segmentation_probe(cfg, work_dir, quiet=False)
        print(f'mIoU: {metrics["mIoU"]:.2f} % ({work_dir / "result.json"})')


if __name__ == '__main__':
    main()
