"""The methods whose training steps are compared, built as their configs say."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.registry import DefaultScope

from setsim_mm.host import MODELS, SelfSupDataSample
from setsim_mm.utils import UserError
from setsim_mm.utils.allocator import keep_freed_memory
from setsim_mm.utils.mixed_precision import use_mixed_precision

from .inputs import random_boxes
from .options import add_common_options

MOCO, DENSECL = 'MoCo-v2', 'DenseCL'
ONE_DIRECTION, SYMMETRIC = 'SetSim, one direction', 'SetSim, symmetric'
HUNGARIAN = 'SetSim with Hungarian, one direction'
WHOLE_BATCH, IN_GROUPS = 'SetSim, whole batch', 'SetSim, groups of 32'
SETSIM_CONFIG = 'setsim_r50_200e_in1k.py'
ALONE = {'model.symmetric': False}
# From the method to its config and to what is changed in it.
METHODS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    MOCO: ('mocov2_r50_200e_in1k.py', {}),
    DENSECL: ('densecl_r50_200e_in1k.py', {}),
    ONE_DIRECTION: (SETSIM_CONFIG, ALONE),
    SYMMETRIC: (SETSIM_CONFIG, {}),
    WHOLE_BATCH: (SETSIM_CONFIG, {**ALONE, 'model.bn_group_size': None}),
    IN_GROUPS: (SETSIM_CONFIG, {**ALONE, 'model.bn_group_size': 32}),
    HUNGARIAN: ('ablations/setsim_r50_200e_in100_hungarian.py', ALONE),
}
WIDTHS = {18: 512, 34: 512, 50: 2048, 101: 2048, 152: 2048}


@dataclass(frozen=True)
class TrainingStep:
    """A model with its optimizer and a batch: calling it takes a training step.

    Args:
        model (BaseModel): Of mmselfsup or of this project.
        optim_wrapper (OptimWrapper): With its optimizer.
        data (dict): A batch as the data loader gives it.
    """

    model: BaseModel
    optim_wrapper: OptimWrapper
    data: dict[str, Any]

    def __call__(self) -> None:
        """Take the step as mmengine's training loop does."""
        self.model.train_step(self.data, self.optim_wrapper)


def add_step_options(parser: ArgumentParser, repeats: int) -> None:
    """Give a measurement of steps its options.

    Args:
        parser (ArgumentParser): The measurement's.
        repeats (int): Default of the timed repeats.
    """
    parser.add_argument('--size', type=int, default=224, help='pixels (%(default)s)')
    add_model_options(parser, repeats)


def add_model_options(parser: ArgumentParser, repeats: int) -> None:
    """Add the options of a measurement of steps, without the size of the views.

    Args:
        parser (ArgumentParser): The measurement's.
        repeats (int): Default of the timed repeats.
    """
    parser.add_argument(
        '--configs',
        type=Path,
        default=Path('configs/selfsup'),
        help='folder of the configs (%(default)s)',
    )
    # ResNet-50 takes seconds for each image and step on a CPU.
    parser.add_argument(
        '--batch',
        type=int,
        default=32 if torch.cuda.is_available() else 8,
        help='images (default here: %(default)s)',
    )
    parser.add_argument(
        '--depth', type=int, default=50, choices=WIDTHS, help='ResNet (%(default)s)'
    )
    parser.add_argument(
        '--queue', type=int, default=2**16, help='negatives (%(default)s)'
    )
    parser.add_argument('--amp', action='store_true', help='mixed precision')
    parser.add_argument(
        '--channels-last', action='store_true', help='as ChannelsLastHook'
    )
    parser.add_argument(
        '--return-memory',
        action='store_true',
        help='on a CPU, let malloc return what a step frees to the system, which '
        'training does not',
    )
    parser.add_argument(
        '--compile', action='store_true', help='torch.compile of backbone and neck'
    )
    add_common_options(parser, repeats)


def build_step(method: str, args: Namespace) -> TrainingStep:
    """Build a method as its config says, and give it a random batch.

    Args:
        method (str): A key of :data:`METHODS`.
        args (Namespace): Of :func:`add_step_options`.

    Returns:
        TrainingStep: Ready to be called.

    Raises:
        UserError: If the config is not there.
    """
    if args.device == 'cpu' and not args.return_memory:
        keep_freed_memory()
    name, changes = METHODS[method]
    path = args.configs / name
    if not path.is_file():
        raise UserError(
            f'there is no config {str(path)!r}: run this in the repository, or name '
            'the folder of its configs with --configs.'
        )
    cfg = Config.fromfile(path)
    width = WIDTHS[args.depth]
    cfg.merge_from_dict(
        {
            'model.backbone.depth': args.depth,
            'model.neck.in_channels': width,
            'model.neck.hid_channels': width,
            'model.queue_len': args.queue,
            **changes,
        }
    )
    if args.amp:
        use_mixed_precision(cfg)
    with DefaultScope.overwrite_default_scope('mmselfsup'):
        model = MODELS.build(cfg.model).to(args.device).train()
        optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    if args.channels_last:
        model.to(memory_format=torch.channels_last)
    if args.compile:
        for module in trained_modules(model):
            module.compile()
    return TrainingStep(model, optim_wrapper, random_batch(args.batch, args.size))


def trained_modules(model: BaseModel) -> list[torch.nn.Module]:
    """Backbone and neck of both sides of a model on MoCo.

    Args:
        model (BaseModel): Of :data:`METHODS`.

    Returns:
        list[torch.nn.Module]: The query side's first.
    """
    if hasattr(model, 'momentum_encoder'):
        keys = [model.momentum_encoder.backbone, model.momentum_encoder.neck]
    else:
        keys = list(model.encoder_k.module)  # mmselfsup's: Sequential(backbone, neck)
    return [model.backbone, model.neck, *keys]


def random_batch(images: int, size: int) -> dict[str, Any]:
    """Draw two views of images as the data loader gives them.

    Args:
        images (int): N.
        size (int): Rows and columns in pixels.

    Returns:
        dict[str, Any]: ``inputs``, two uint8 tensors (N, 3, size, size), and
        ``data_samples`` with the boxes.
    """
    views = [
        torch.randint(256, (images, 3, size, size), dtype=torch.uint8) for _ in range(2)
    ]
    boxes = torch.stack([random_boxes(images) for _ in range(2)], dim=1)  # N, 2, 4
    samples = [SelfSupDataSample(metainfo={'view_boxes': box}) for box in boxes.numpy()]
    return {'inputs': views, 'data_samples': samples}
