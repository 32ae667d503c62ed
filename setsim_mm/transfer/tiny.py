"""Tiny runs of benchmarks: fewer iterations, smaller images, otherwise unchanged."""

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

from setsim_mm.utils import UserError

if TYPE_CHECKING:
    from mmengine.config import Config

# The names of image sizes in transforms and models of mmdet and mmseg.
SIZES = ('scale', 'scales', 'size', 'crop_size', 'stride')
SMALLEST_SIDE = 32  # pixels; one position of a ResNet's last stage
FEWEST_ITERATIONS = 2  # the shortest schedule of mmengine
RECORDS = 10  # minimum number of training records in the log
# Minimum number of training iterations for each batch of PreciseBatchNormHook.
ITERATIONS_PER_BATCH = 10


def add_tiny_options(parser: ArgumentParser) -> None:
    """Add the options of :func:`make_tiny` to the parser of a program."""
    parser.add_argument(
        '--iterations',
        type=int,
        metavar='N',
        help='train for N iterations with the schedule in proportion, and evaluate at '
        'the end',
    )
    parser.add_argument(
        '--image-scale',
        type=float,
        metavar='SCALE',
        help='multiply the sides of all images by SCALE, such as 0.25',
    )


def make_tiny(
    cfg: 'Config', iterations: int | None = None, image_scale: float | None = None
) -> None:
    """Shorten the schedule of a benchmark and shrink its images, in proportion.

    Warm-up and drops of the learning rate keep their share of the training. The model
    is evaluated once, at the end. The number of batches for BatchNorm statistics is at
    most a tenth of the iterations.

    Args:
        cfg (Config): Config of a benchmark; it is changed.
        iterations (int, optional): Number of training iterations, at least 2. Defaults
            to None, the config's number.
        image_scale (float, optional): Factor of every side of resized images, of crops
            and of the windows of sliding-window inference. Defaults to None, 1.

    Raises:
        UserError: If the config counts epochs instead of iterations, if there are too
            few iterations, or if the images become too small.
    """
    if iterations is not None:
        _shorten(cfg, iterations)
    if image_scale is not None:
        _shrink(cfg, image_scale)


def _shorten(cfg: 'Config', iterations: int) -> None:
    if iterations < FEWEST_ITERATIONS:
        raise UserError(
            f'--iterations must be at least {FEWEST_ITERATIONS}, not {iterations}.'
        )
    before = cfg.train_cfg.get('max_iters')
    if before is None:
        raise UserError(
            'this config counts epochs and not iterations: shorten the training with '
            '--cfg-options train_cfg.max_epochs=... instead of --iterations.'
        )

    def scaled(iteration: int) -> int:
        return round(iteration * iterations / before)

    cfg.train_cfg.update(max_iters=iterations, val_interval=iterations)
    for schedule in cfg.param_scheduler:
        begin = scaled(schedule.get('begin', 0))
        schedule.begin = begin
        if 'end' in schedule:
            schedule.end = max(scaled(schedule.end), begin + FEWEST_ITERATIONS)
        if 'milestones' in schedule:
            schedule.milestones = [scaled(drop) for drop in schedule.milestones]
    hooks = cfg.default_hooks
    hooks.checkpoint.interval = max(1, scaled(hooks.checkpoint.interval))
    hooks.logger.interval = min(hooks.logger.interval, max(1, iterations // RECORDS))
    for hook in cfg.get('custom_hooks') or []:
        if hook.type == 'mmselfsup.PreciseBatchNormHook':
            batches = ceil(iterations / ITERATIONS_PER_BATCH)
            hook.num_batches = min(hook.num_batches, batches)


def _shrink(cfg: 'Config', image_scale: float) -> None:
    if image_scale <= 0:
        raise UserError(f'--image-scale must be above 0, not {image_scale}.')
    resize = partial(_scale_sizes, image_scale=image_scale)
    whole = cfg.to_dict()
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        cfg[name] = _map_pipelines(whole[name], resize)
    for name in ('data_preprocessor', 'test_cfg'):
        cfg.model[name] = resize(whole['model'][name])


def _map_pipelines(part: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy in which every pipeline, at any depth, is changed."""
    if isinstance(part, dict):
        return {
            name: change(value) if name == 'pipeline' else _map_pipelines(value, change)
            for name, value in part.items()
        }
    if isinstance(part, list):
        return [_map_pipelines(value, change) for value in part]
    return part


def _scale_sizes(part: Any, image_scale: float) -> Any:
    """Return a copy in which the sizes of images, at any depth, are scaled."""
    if isinstance(part, dict):
        return {
            name: (_scale if name in SIZES else _scale_sizes)(value, image_scale)
            for name, value in part.items()
        }
    if isinstance(part, list):
        return [_scale_sizes(value, image_scale) for value in part]
    return part


def _scale(size: Any, image_scale: float) -> Any:
    """Scale one or several numbers of pixels."""
    if isinstance(size, list | tuple):
        return type(size)(_scale(side, image_scale) for side in size)
    side = round(size * image_scale)
    if side < SMALLEST_SIDE:
        raise UserError(
            f'--image-scale {image_scale} makes {side} pixels of {size}: choose '
            f'{ceil(100 * SMALLEST_SIDE / size) / 100} or more.'
        )
    return side
