"""Draw the sets that a trained SetSim finds to correspond in two views of images."""

import argparse

from mmengine.registry import init_default_scope
from mmselfsup.registry import DATASETS, MODELS

from setsim_mm.evaluation import cut_view_pairs
from setsim_mm.utils import (
    ConfigOptions,
    UserError,
    load_checkpoint,
    load_training_config,
    model_weights,
    sentences_for_errors,
)
from setsim_mm.visualization import draw_contact_sheet, sets_found_by


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file of the run')
    parser.add_argument('checkpoint', help='checkpoint of the run')
    parser.add_argument('out', help='picture to write')
    parser.add_argument('--num-images', type=int, default=4, help='rows of the picture')
    parser.add_argument('--seed', type=int, default=0, help='chooses images and views')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help='override parts of the config, such as '
        'train_dataloader.dataset.data_root=/any/folder',
    )
    parser.add_argument(
        '--traceback', action='store_true', help='show where an error comes from'
    )
    return parser.parse_args()


def main() -> None:
    """Build the model and the data set, draw, and say where the picture is."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        cfg = load_training_config(args.config, args.cfg_options)
        init_default_scope(cfg.get('default_scope', 'mmselfsup'))
        model = MODELS.build(cfg.model)
        weights = model_weights(load_checkpoint(args.checkpoint))
        if not hasattr(model, 'matcher'):
            raise UserError(f'{args.config!r} is no SetSim: its model has no matcher.')
        missing, unexpected = model.load_state_dict(weights, strict=False)
        if missing or unexpected:
            raise UserError(
                f'{args.checkpoint!r} is of another model than {args.config!r} '
                f'(such as {(missing + unexpected)[0]}): give those of one run.'
            )
        dataset = DATASETS.build(cfg.train_dataloader.dataset)
        pairs = cut_view_pairs(dataset, args.num_images, args.seed)
        draw_contact_sheet(sets_found_by(model, pairs)).savefig(args.out)
        print(f'Written: {args.out}')


if __name__ == '__main__':
    main()
