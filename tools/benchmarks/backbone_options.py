"""Command-line options of the programs that evaluate a backbone."""

import argparse
from typing import TYPE_CHECKING

from setsim_mm.utils import add_config_options, add_traceback_option

if TYPE_CHECKING:
    from torch import nn

    from setsim_mm.evaluation import ImageInputs


def backbone_parser(description: str) -> argparse.ArgumentParser:
    """Build a parser with the options that name the backbone."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config of the pre-training')
    add_checkpoint_argument(parser)
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='random seed of all that is drawn (default: %(default)s)',
    )
    parser.add_argument(
        '--batch-size',
        type=int,
        default=16,
        help='images that are encoded at once (default: %(default)s)',
    )
    parser.add_argument('--num-workers', type=int, default=2)
    parser.add_argument('--device', help='cpu or cuda (default: a GPU if there is one)')
    add_config_options(parser)
    add_traceback_option(parser)
    return parser


def add_checkpoint_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument for the weights of the backbone."""
    parser.add_argument(
        'checkpoint',
        help='what it saved, the weights of the backbone alone, a checkpoint of '
        "another project, or 'random', the initialisation of the config",
    )


def named_checkpoint(args: argparse.Namespace) -> str | None:
    """Return the file of the weights, or None for random weights."""
    from setsim_mm.transfer.weights import RANDOM

    return None if args.checkpoint == RANDOM else args.checkpoint


def load_evaluated(args: argparse.Namespace) -> 'tuple[nn.Module, ImageInputs]':
    """Load the backbone, and its loader and normalisation."""
    import torch
    from mmengine.device import get_device

    from setsim_mm.evaluation import load_pretrained
    from setsim_mm.utils import load_training_config

    cfg = load_training_config(args.config, args.cfg_options)
    torch.manual_seed(args.seed)  # of random weights
    device = torch.device(args.device or get_device())
    return load_pretrained(cfg, named_checkpoint(args), device)
