"""Fine-tune a pre-trained backbone on a benchmark of MMDetection or MMSegmentation."""

import argparse

from setsim_mm.transfer.tiny import add_tiny_options, make_tiny
from setsim_mm.utils import (
    add_config_options,
    add_traceback_option,
    add_trainer_options,
    require_config,
    sentences_for_errors,
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file, such as one of configs/benchmarks')
    parser.add_argument(
        'checkpoint',
        help='a checkpoint of pre-training, from here or from another project, or the '
        "weights of the backbone alone; 'random' for random weights",
    )
    parser.add_argument(
        '--work-dir',
        help='output folder (default: work_dirs/<config>/<checkpoint>)',
    )
    parser.add_argument(
        '--name',
        help='name of the checkpoint in the tables of tools/reproduce/report.py '
        "(default: the file's name)",
    )
    parser.add_argument(
        '--data-root', metavar='FOLDER', help='the folder to use in place of data/'
    )
    parser.add_argument(
        '--resume',
        action='store_true',
        help='resume from the last checkpoint in the output folder, if any',
    )
    parser.add_argument(
        '--test',
        action='store_true',
        help='only evaluate CHECKPOINT, which this command has saved',
    )
    parser.add_argument('--amp', action='store_true', help='train in mixed precision')
    add_trainer_options(parser)
    parser.add_argument(
        '--check-images',
        action='store_true',
        help='read every image and label image before the first step, and stop if one '
        'cannot be read (default: training reports and replaces it)',
    )
    parser.add_argument(
        '--merge', metavar='CONFIG', help='a config that is merged into CONFIG'
    )
    add_tiny_options(parser)
    add_config_options(
        parser, 'override parts of the config, such as train_cfg.max_iters=100'
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Train or evaluate, and print the result."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        require_config(args.config)
        from setsim_mm.transfer.finetuning import (
            default_work_dir,
            evaluate,
            finetune,
            load_finetuning_config,
        )

        cfg = load_finetuning_config(
            args.config, args.cfg_options, args.data_root, args.merge
        )
        make_tiny(cfg, args.iterations, args.image_scale, args.epochs)
        cfg.launcher = args.launcher
        cfg.work_dir = args.work_dir or default_work_dir(args.config, args.checkpoint)
        if args.test:
            metrics = evaluate(cfg, args.checkpoint, args.check_images) or {}
            if metrics:
                print(', '.join(f'{name}: {v:.4f}' for name, v in metrics.items()))
            return
        checkpoint = finetune(
            cfg,
            args.checkpoint,
            args.resume,
            args.amp,
            args.auto_scale_lr,
            args.restart,
            args.check_images,
            args.name,
        )
        if checkpoint:
            print(f'Finished. The last checkpoint: {checkpoint}')


if __name__ == '__main__':
    main()
