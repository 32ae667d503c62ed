"""The methods whose training steps are compared, built from their configs."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
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

MOCO, DENSECL = 'MoCo-v2', 'DenseCL'
ONE_DIRECTION, SYMMETRIC = 'SetSim, one direction', 'SetSim, symmetric'
HUNGARIAN = 'SetSim with Hungarian, one direction'
WHOLE_BATCH, IN_GROUPS = 'SetSim, whole batch', 'SetSim, groups of 32'
SETSIM_CONFIG = 'setsim_r50_200e_in1k.py'
ALONE = {'model.symmetric': False}
# The config of each method and the changes to it.
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
    """A model with its optimizer and a batch. A call runs a training step.

    Args:
        model (BaseModel): A model of mmselfsup or of this project.
        optim_wrapper (OptimWrapper): Wrapper of its optimizer.
        data (dict): A batch of the data loader.
    """

    model: BaseModel
    optim_wrapper: OptimWrapper
    data: dict[str, Any]

    def __call__(self) -> None:
        """Run the step of mmengine's training loop."""
        self.model.train_step(self.data, self.optim_wrapper)


def build_step(method: str, args: Namespace) -> TrainingStep:
    """Build the training step of a method with a random batch.

    Args:
        method (str): A key of :data:`METHODS`.
        args (Namespace): The options of :func:`add_step_options`.

    Returns:
        TrainingStep: The step.

    Raises:
        UserError: If the config is missing.
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
    width = WIDTHS[args.depth] * args.base_channels // 64
    cfg.merge_from_dict(
        {
            'model.backbone.depth': args.depth,
            'model.backbone.base_channels': args.base_channels,
            'model.backbone.stem_channels': args.base_channels,
            'model.neck.in_channels': width,
            'model.neck.hid_channels': width,
            'model.queue_len': args.queue,
            **changes,
        }
    )
    if args.amp:
        use_mixed_precision(cfg)
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        model = MODELS.build(cfg.model).to(args.device).train()
        optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    if args.channels_last:
        model.to(memory_format=torch.channels_last)
    if args.compile:
        for module in trained_modules(model):
            module.compile()
    return TrainingStep(model, optim_wrapper, random_batch(args.batch, args.size))


def trained_modules(model: BaseModel) -> list[torch.nn.Module]:
    """Return backbones and necks of a model of :data:`METHODS`, query side first."""
    if hasattr(model, 'momentum_encoder'):
        keys = [model.momentum_encoder.backbone, model.momentum_encoder.neck]
    else:
        keys = list(model.encoder_k.module)  # mmselfsup: Sequential(backbone, neck)
    return [model.backbone, model.neck, *keys]


def random_batch(images: int, size: int) -> dict[str, Any]:
    """Draw a batch of two views in the form of the data loader.

    Args:
        images (int): Images N.
        size (int): Rows and columns of the views in pixels.

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
