"""Draw the correspondences of a trained SetSim in two views of images: Figure 4."""

import argparse
from pathlib import Path

from setsim_mm.utils import (
    add_config_options,
    add_traceback_option,
    sentences_for_errors,
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file of the run')
    parser.add_argument('checkpoint', help='checkpoint of the run')
    parser.add_argument(
        'images', nargs='+', metavar='IMAGE', help='an image, or a folder with images'
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        help='output folder (default: correspondence/ in the folder of the checkpoint)',
    )
    parser.add_argument('--seed', type=int, default=0, help='random seed of the views')
    parser.add_argument(
        '--view-size',
        type=int,
        help="side of the views in pixels (default: the training's)",
    )
    parser.add_argument(
        '--num-lines',
        type=int,
        default=6,
        help='pairs to draw as lines for each source (default: %(default)s)',
    )
    parser.add_argument('--device', help='cpu or cuda (default: a GPU if there is one)')
    add_config_options(
        parser, 'override parts of the config, such as model.matcher.nearest_neighbor=0'
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Find the images, build the model, draw, and print the output files."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from correspondence_pictures import images_among, save_pictures

        from setsim_mm.apis import init_model
        from setsim_mm.datasets.image_loader import channels_loader
        from setsim_mm.utils import load_training_config

        cfg = load_training_config(args.config, args.cfg_options)
        images = images_among(args.images, channels_loader(cfg))
        model = init_model(cfg, args.checkpoint, args.device)
        written = save_pictures(
            model,
            images,
            args.out_dir or Path(args.checkpoint).parent / 'correspondence',
            seed=args.seed,
            view_size=args.view_size,
            num_lines=args.num_lines,
        )
        print(f'Written: {written[-1]}', end='')
        print(f' and {len(written) - 1} more' if len(written) > 1 else '')


if __name__ == '__main__':
    main()
