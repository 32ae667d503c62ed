"""A benchmark in small: fewer iterations and smaller images, all else as it was."""

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

from setsim_mm.utils import UserError

if TYPE_CHECKING:
    from mmengine.config import Config

# What mmdet and mmseg call the sizes of images, in transforms and in the model.
SIZES = ('scale', 'scales', 'size', 'crop_size', 'stride')
SMALLEST_SIDE = 32  # pixels; one position of a ResNet's last stage
FEWEST_ITERATIONS = 2  # what a schedule of mmengine needs from its begin to its end
RECORDS = 10  # of the training in its log, at least
# Training iterations for each batch of PreciseBatchNormHook, at least.
ITERATIONS_PER_BATCH = 10


def add_miniature_options(parser: ArgumentParser) -> None:
    """Give a tool the options of :func:`make_miniature`.

    Args:
        parser (ArgumentParser): The tool's.
    """
    parser.add_argument(
        '--iterations',
        type=int,
        metavar='N',
        help='train as many, with the schedule in proportion, and measure at the end',
    )
    parser.add_argument(
        '--image-scale',
        type=float,
        metavar='SCALE',
        help='multiply the sides of all images by this, such as 0.25',
    )


def make_miniature(
    cfg: 'Config', iterations: int | None = None, image_scale: float | None = None
) -> None:
    """Shorten the schedule of a benchmark and shrink its images, in proportion.

    Warm-up and drops of the learning rate keep their share of the training. It is
    measured once, at the end. BatchNorm statistics come from as many batches as before,
    but from no more than a tenth of the iterations.

    Args:
        cfg (Config): Config of a benchmark; it is changed.
        iterations (int, optional): How many to train, 2 at least. Defaults to None, as
            many as the config says.
        image_scale (float, optional): What every side is multiplied by: resized images,
            crops, and the windows of a test in windows. Defaults to None, 1.

    Raises:
        UserError: If the training is not counted in iterations, or if too few of them
            or too small images would be left.
    """
    if iterations is not None:
        _shorten(cfg, iterations)
    if image_scale is not None:
        _shrink(cfg, image_scale)


def _shorten(cfg: 'Config', iterations: int) -> None:
    if iterations < FEWEST_ITERATIONS:
        raise UserError(
            f'--iterations must be {FEWEST_ITERATIONS} at least, not {iterations}.'
        )
    before = cfg.train_cfg.get('max_iters')
    if before is None:
        raise UserError(
            'this config counts its training in epochs and not in iterations: shorten '
            'it with --cfg-options train_cfg.max_epochs=... in place of --iterations.'
        )

    def shortened(iteration: int) -> int:
        return round(iteration * iterations / before)

    cfg.train_cfg.update(max_iters=iterations, val_interval=iterations)
    for schedule in cfg.param_scheduler:
        begin = shortened(schedule.get('begin', 0))
        schedule.begin = begin
        if 'end' in schedule:
            schedule.end = max(shortened(schedule.end), begin + FEWEST_ITERATIONS)
        if 'milestones' in schedule:
            schedule.milestones = [shortened(drop) for drop in schedule.milestones]
    hooks = cfg.default_hooks
    hooks.checkpoint.interval = max(1, shortened(hooks.checkpoint.interval))
    hooks.logger.interval = min(hooks.logger.interval, max(1, iterations // RECORDS))
    for hook in cfg.get('custom_hooks') or []:
        if hook.type == 'mmselfsup.PreciseBatchNormHook':
            batches = ceil(iterations / ITERATIONS_PER_BATCH)
            hook.num_batches = min(hook.num_batches, batches)


def _shrink(cfg: 'Config', image_scale: float) -> None:
    if image_scale <= 0:
        raise UserError(f'--image-scale must be above 0, not {image_scale}.')
    resize = partial(_resized, image_scale=image_scale)
    whole = cfg.to_dict()
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        cfg[name] = _with_pipelines(whole[name], resize)
    for name in ('data_preprocessor', 'test_cfg'):
        cfg.model[name] = resize(whole['model'][name])


def _with_pipelines(part: Any, change: Callable[[Any], Any]) -> Any:
    """Change every pipeline below, wherever data sets are wrapped in data sets."""
    if isinstance(part, dict):
        return {
            name: change(value)
            if name == 'pipeline'
            else _with_pipelines(value, change)
            for name, value in part.items()
        }
    if isinstance(part, list):
        return [_with_pipelines(value, change) for value in part]
    return part


def _resized(part: Any, image_scale: float) -> Any:
    """Scale the sizes of images below, in a copy."""
    if isinstance(part, dict):
        return {
            name: (_scaled if name in SIZES else _resized)(value, image_scale)
            for name, value in part.items()
        }
    if isinstance(part, list):
        return [_resized(value, image_scale) for value in part]
    return part


def _scaled(size: Any, image_scale: float) -> Any:
    """Scale a number of pixels, or several."""
    if isinstance(size, list | tuple):
        return type(size)(_scaled(side, image_scale) for side in size)
    side = round(size * image_scale)
    if side < SMALLEST_SIDE:
        raise UserError(
            f'--image-scale {image_scale} makes {side} pixels of {size}: choose '
            f'{ceil(100 * SMALLEST_SIDE / size) / 100} or more.'
        )
    return side
