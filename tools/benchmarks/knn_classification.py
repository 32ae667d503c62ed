"""Evaluate the backbone of a pre-training run by k-NN classification."""

import argparse

from setsim_mm.utils import (
    add_config_options,
    add_traceback_option,
    sentences_for_errors,
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of the pre-training')
    parser.add_argument(
        'checkpoint',
        help='its checkpoint, the weights of the backbone, or a checkpoint of another '
        'project',
    )
    parser.add_argument(
        '--data-root',
        required=True,
        metavar='FOLDER',
        help='folder of labelled images: train/<class>/ and, optionally, val/<class>/',
    )
    parser.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        help='share of train to hold out if there is no val (default: %(default)s)',
    )
    parser.add_argument('--num-train', type=int, help='labelled images (default: all)')
    parser.add_argument('--num-val', type=int, help='images to classify (default: all)')
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='random seed of the choice of images (default: %(default)s)',
    )
    parser.add_argument(
        '--image-size',
        type=int,
        default=224,
        help='side of the centre crop in pixels (default: %(default)s)',
    )
    parser.add_argument(
        '--k', type=int, default=20, help='number of neighbours (default: %(default)s)'
    )
    parser.add_argument(
        '--temperature', type=float, default=0.07, help='τ (default: %(default)s)'
    )
    parser.add_argument('--batch-size', type=int, default=64)
    parser.add_argument('--num-workers', type=int, default=2)
    parser.add_argument('--device', help='cpu or cuda (default: a GPU if there is one)')
    add_config_options(parser)
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Evaluate the backbone and print the accuracy."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        import torch
        from mmengine.device import get_device

        from setsim_mm.evaluation import (
            build_data_preprocessor,
            check_vote,
            evaluate_knn,
            find_class_folders,
            load_backbone,
            rgb_preprocess,
        )
        from setsim_mm.utils import load_training_config

        cfg = load_training_config(args.config, args.cfg_options)
        folders = find_class_folders(
            args.data_root, args.num_train, args.num_val, args.val_share, args.seed
        )
        check_vote(args.k, args.temperature, len(folders.train))
        backbone = load_backbone(cfg.model.backbone, args.checkpoint)
        device = torch.device(args.device or get_device())
        result = evaluate_knn(
            backbone.to(device),
            rgb_preprocess(build_data_preprocessor(cfg), device),
            folders,
            args.image_size,
            args.k,
            args.temperature,
            args.batch_size,
            args.num_workers,
            progress=True,
        )
        print(f'k-NN accuracy: {result}')


if __name__ == '__main__':
    main()
