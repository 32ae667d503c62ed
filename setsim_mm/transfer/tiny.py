"""Tiny runs of benchmarks: fewer iterations, smaller images, otherwise unchanged."""

from argparse import ArgumentParser, _ArgumentGroup
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

from setsim_mm.engine.training_length import set_training_length
from setsim_mm.utils import UserError
from setsim_mm.utils.command_line import UNITS, add_length_options

if TYPE_CHECKING:
    from mmengine.config import Config

# The names of image sizes in transforms and models of mmdet and mmseg.
SIZES = ('scale', 'scales', 'size', 'crop_size', 'stride')
SMALLEST_SIDE = 32  # pixels; one position of a ResNet's last stage
# Minimum number of training iterations for each batch of PreciseBatchNormHook.
ITERATIONS_PER_BATCH = 10


def add_tiny_options(
    parser: ArgumentParser | _ArgumentGroup, units: Sequence[str] = UNITS
) -> None:
    """Add the options of :func:`make_tiny` to the parser of a program.

    Args:
        parser (ArgumentParser | _ArgumentGroup): The parser.
        units (Sequence[str]): The units of the length. Defaults to both.
    """
    add_length_options(parser, units)
    parser.add_argument(
        '--image-scale',
        type=float,
        metavar='SCALE',
        help='multiply the sides of all images by SCALE, such as 0.25',
    )


def make_tiny(
    cfg: 'Config',
    iterations: int | None = None,
    image_scale: float | None = None,
    epochs: int | None = None,
) -> None:
    """Change the length of a benchmark's training and shrink its images.

    The number of batches for BatchNorm statistics is at most a tenth of the iterations.

    Args:
        cfg (Config): Config of a benchmark; it is changed.
        iterations (int, optional): See
            :func:`~setsim_mm.engine.training_length.set_training_length`. Defaults to
            None, the config's number.
        image_scale (float, optional): Factor of every side of resized images, of crops
            and of the windows of sliding-window inference. Defaults to None, 1.
        epochs (int, optional): As ``iterations``, for a config that counts epochs.
            Defaults to None.

    Raises:
        UserError: If the config counts in the other unit, if the training becomes too
            short, or if the images become too small.
    """
    set_training_length(cfg, epochs, iterations)
    if iterations is not None:
        _limit_batches(cfg, iterations)
    if image_scale is not None:
        _shrink(cfg, image_scale)


def _limit_batches(cfg: 'Config', iterations: int) -> None:
    """Limit the batches for BatchNorm statistics to a share of the training."""
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
