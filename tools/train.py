"""Pre-train a model with a config."""

import argparse

from setsim_mm.utils import (
    add_config_options,
    add_length_options,
    add_traceback_option,
    add_trainer_options,
    require_config,
    sentences_for_errors,
)


def parse_args() -> argparse.Namespace:
    """Parse the command line, which is like that of other OpenMMLab trainers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file, such as one of configs/selfsup')
    parser.add_argument(
        '--work-dir', help='output folder (default: work_dirs/<name of the config>)'
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CKPT',
        help='resume from this checkpoint, or from the newest intact one in the output '
        'folder',
    )
    parser.add_argument(
        '--from-weights',
        metavar='FILE',
        help='start from the backbone in this checkpoint of this or another project '
        '(MoCo, DenseCL, SimSiam, DINO, torchvision, timm, MMPretrain)',
    )
    parser.add_argument(
        '--amp',
        action='store_true',
        help='mixed precision: float16 on a GPU (or bfloat16, with --cfg-options '
        'optim_wrapper.dtype=bfloat16), bfloat16 on a CPU',
    )
    add_trainer_options(parser)
    parser.add_argument(
        '--profile',
        type=int,
        metavar='N',
        help='trace N steps with the PyTorch profiler, print the time of their parts, '
        'and stop',
    )
    add_length_options(parser)
    add_config_options(
        parser, 'override parts of the config, such as model.matcher.type=SortMatcher'
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Train or profile, and print the checkpoint or the trace."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        require_config(args.config)
        from setsim_mm.engine.training import train
        from setsim_mm.engine.training_length import set_training_length
        from setsim_mm.utils import load_training_config

        cfg = load_training_config(args.config, args.cfg_options)
        set_training_length(cfg, args.epochs, args.iterations)
        cfg.launcher = args.launcher
        cfg.work_dir = args.work_dir or cfg.work_dir
        how = args.resume, args.amp, args.auto_scale_lr
        if args.profile is not None:
            from step_profile.run import profile

            profiled = profile(cfg, args.profile, *how, from_weights=args.from_weights)
            if profiled.trace:
                print(f'\n{profiled.summary}\n')
                print(
                    f'Profiled {args.profile} steps and stopped; no checkpoint was '
                    f'saved. The trace: {profiled.trace} (opens in ui.perfetto.dev)'
                )
            return
        checkpoint = train(
            cfg, *how, restart=args.restart, from_weights=args.from_weights
        )
        if checkpoint:
            print(f'Finished. The last checkpoint: {checkpoint}')


if __name__ == '__main__':
    main()
