"""The config of a planned pre-training."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mmengine.config import Config

from setsim_mm.utils.config_files import load_training_config
from setsim_mm.utils.shipped_files import shipped_file

from .architectures import find_architecture
from .channels import LOADER, Channels
from .plan import SMALL_VIEW, Plan

BASES = 'configs/selfsup/_base_'
# A shorter training has a checkpoint after more than one epoch.
STEPS_PER_CHECKPOINT = 200
PROBED_IMAGES = 128
MIN_PIXELS = f'{LOADER}.min_pixels'

TEXT = """\
_base_ = {bases!r}

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='CorrespondencePrecisionHook', interval={interval}, num_images={images}),
]
"""


def config_of(
    plan: Plan,
    data: str | os.PathLike,
    out: str | os.PathLike,
    cfg_options: dict | None = None,
    channels: Channels | None = None,
) -> Config:
    """Return the config of a plan, built from those in ``configs/selfsup/_base_``.

    Args:
        plan (Plan): The settings.
        data (str | os.PathLike): Folder of the images.
        out (str | os.PathLike): Output folder.
        cfg_options (dict, optional): Overrides of parts of the config. Defaults to
            None.
        channels (Channels, optional): Those of the images. Defaults to None, 8-bit RGB.

    Raises:
        UserError: If the overrides do not fit the config.
    """
    network = find_architecture(plan.arch)
    parts = (
        f'models/{network.model}',
        f'datasets/{"images" if channels is None else "channels"}_folder_mocov2_views',
        f'schedules/{network.schedule}',
        'default_runtime',
    )
    text = TEXT.format(
        bases=[str(shipped_file(f'{BASES}/{part}.py')) for part in parts],
        interval=max(1, plan.epochs // 10),
        images=PROBED_IMAGES,
    )
    options = _settings(plan, data)
    if channels is not None:
        options.pop(MIN_PIXELS, None)  # files with N channels are read whole
        options |= channels.settings()
    options |= cfg_options or {}
    with TemporaryDirectory() as folder:
        # The Runner writes the whole config to a file of this name in the work folder.
        path = Path(folder, 'config.py')
        path.write_text(text)
        cfg = load_training_config(str(path), options)
    cfg.work_dir = str(out)
    return cfg


def _settings(plan: Plan, data: str | os.PathLike) -> dict[str, Any]:
    steps = plan.steps_per_epoch
    settings: dict[str, Any] = {
        'model.queue_len': plan.queue_len,
        'model.momentum': plan.momentum,
        'train_dataloader.batch_size': plan.batch_size,
        'train_dataloader.num_workers': plan.num_workers,
        'train_dataloader.dataset.data_root': str(data),
        'optim_wrapper.optimizer.lr': plan.lr,
        'train_cfg.max_epochs': plan.epochs,
        'param_scheduler': _schedule(plan.warmup_epochs, plan.epochs),
        'default_hooks.checkpoint.interval': max(1, STEPS_PER_CHECKPOINT // steps),
        'default_hooks.checkpoint.max_keep_ckpts': 1,
        'default_hooks.logger.interval': max(1, min(50, steps * plan.epochs // 200)),
        'randomness': dict(seed=0),
    }
    if plan.view_size == SMALL_VIEW:
        # Without the last stride, 112 px views have 7x7 positions, as 224 px views
        # with it. They need a quarter of the decoded pixels.
        pipeline = 'train_dataloader.dataset.pipeline'
        settings |= {
            'model.backbone.strides': (1, 2, 2, 1),
            MIN_PIXELS: 700_000 // 4,
            f'{pipeline}.1.transforms.0.0.size': plan.view_size,
        }
    if plan.precision == 'bfloat16':
        settings['optim_wrapper.dtype'] = 'bfloat16'
    return settings


def _schedule(warmup_epochs: int, epochs: int) -> list[dict[str, Any]]:
    """Return a cosine after a warm-up; both change at every step."""
    common = dict(by_epoch=True, convert_to_iter_based=True)
    cosine = dict(
        type='CosineAnnealingLR',
        T_max=epochs - warmup_epochs,
        begin=warmup_epochs,
        end=epochs,
        **common,
    )
    if not warmup_epochs:
        return [cosine]
    warmup = dict(
        type='LinearLR', start_factor=0.01, begin=0, end=warmup_epochs, **common
    )
    return [warmup, cosine]
