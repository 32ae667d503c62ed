"""Linear segmentation probe: a 1x1 convolution on a frozen backbone in mmseg."""

import json
import os
import subprocess
import sys
from pathlib import Path

from mmengine.config import Config

from setsim_mm.datasets import LoadRGBImage
from setsim_mm.datasets.image_loader import training_pipeline
from setsim_mm.datasets.inner_datasets import inner_configs
from setsim_mm.utils.config_files import load_training_config
from setsim_mm.utils.distributed import LAUNCHER_VARIABLES
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.random_state import fixed_random_state

from .frozen_backbone import feature_channels, load_pretrained
from .image_reading import ImageInputs
from .label_images import require_label_files
from .mmseg_datasets import (
    build_mmseg_dataset,
    image_and_label_files,
    require_mmseg,
)

RESULT = 'result.json'
CONFIG = 'config.py'
LOG = 'output.log'
METRIC = 'mIoU'
DATA = ('train_dataloader', 'val_dataloader')
MMSEG_LOADER = 'LoadImageFromFile'


def segmentation_probe_config(
    path: str | os.PathLike,
    pretraining: Config,
    checkpoint: str | os.PathLike | None = None,
    data_root: str | os.PathLike | None = None,
    options: dict | None = None,
) -> Config:
    """Load the config of a probe and set the backbone of a pre-training run.

    Args:
        path (str | os.PathLike): Config of the probe, one of
            ``configs/benchmarks/mmsegmentation``.
        pretraining (Config): Config of the pre-training, with the backbone, and the
            loader and the normalisation of the images.
        checkpoint (str | os.PathLike, optional): See :func:`~.load_backbone`. Defaults
            to None, random weights.
        data_root (str | os.PathLike, optional): Folder of the probe's data set.
            Defaults to None, the folder in its config.
        options (dict, optional): Overrides of the probe's config, such as
            ``{'train_cfg.max_epochs': 3}``. Defaults to None.

    Returns:
        Config: The config for :func:`run_segmentation_probe`.

    Raises:
        UserError: If mmsegmentation, the config or the data are missing, the weights
            do not fit, or the backbone returns no feature map.
    """
    require_mmseg()
    cfg = load_training_config(str(path), options)
    for part in DATA:
        if data_root is not None:
            cfg[part].dataset.data_root = str(Path(data_root).expanduser())
        if cfg[part].get('num_workers') == 0:
            cfg[part].persistent_workers = False  # an error without workers
    require_data(cfg)
    with fixed_random_state(0):
        backbone, inputs = load_pretrained(pretraining, checkpoint)
    channels = feature_channels(backbone, inputs.load.channels)
    cfg.model.backbone = dict(
        type='mmselfsup.FrozenBackbone',
        backbone=dict(pretraining.model.backbone),
        checkpoint=None if checkpoint is None else os.path.abspath(checkpoint),
    )
    cfg.model.neck.channels = channels
    cfg.model.decode_head.update(in_channels=channels, channels=channels)
    _read_images(cfg, pretraining, inputs)
    imports = pretraining.get('custom_imports', {}).get('imports', [])
    cfg.custom_imports.imports = list(
        dict.fromkeys([*cfg.custom_imports.imports, *imports])
    )
    cfg.train_cfg.val_interval = cfg.train_cfg.max_epochs
    return cfg


def _read_images(cfg: Config, pretraining: Config, inputs: ImageInputs) -> None:
    """Set the loader and the normalisation of images in a probe's config."""
    mean, std = inputs.normalization or (None, None)
    cfg.model.data_preprocessor.update(mean=mean, std=std)
    if isinstance(inputs.load, LoadRGBImage):
        return  # MMSegmentation loads 8-bit images itself
    cfg.model.data_preprocessor.bgr_to_rgb = False
    load = dict(training_pipeline(pretraining)[0], type='mmselfsup.LoadChannels')
    for part in DATA:
        for dataset in inner_configs(cfg[part].dataset):
            first, *others = dataset['pipeline']
            if first['type'] != MMSEG_LOADER:
                raise UserError(
                    f'the pipeline of {part} begins with {first["type"]}: begin it '
                    f'with {MMSEG_LOADER}, which the loader of the pre-training '
                    'replaces.'
                )
            dataset['pipeline'] = [load, *others]


def require_data(cfg: Config) -> None:
    """Check that the data sets of a probe have images with labels.

    Raises:
        UserError: If folders, images or labels are missing.
    """
    for part in DATA:
        for inner in inner_configs(cfg[part].dataset):
            dataset = build_mmseg_dataset(inner)
            images = f'{dataset.data_prefix["img_path"]}/*{dataset.img_suffix}'
            require_label_files(image_and_label_files(dataset), images)


def run_segmentation_probe(
    cfg: Config, work_dir: str | os.PathLike, quiet: bool = True
) -> dict[str, float]:
    """Train and evaluate the probe in a separate process.

    mmengine's training loop changes the global state of its process: default scope,
    loggers and seeds.

    Args:
        cfg (Config): See :func:`segmentation_probe_config`.
        work_dir (str | os.PathLike): Folder for the log and ``result.json``.
        quiet (bool): Whether to write mmengine's output to ``output.log`` in that
            folder and not to the terminal. Defaults to True.

    Returns:
        dict[str, float]: ``mIoU``, ``mAcc`` and ``aAcc``, in percent.

    Raises:
        UserError: If the probe fails for a reason that the user can fix.
        RuntimeError: If it fails for another reason.
    """
    work_dir = Path(work_dir).expanduser()
    work_dir.mkdir(parents=True, exist_ok=True)
    cfg.work_dir = str(work_dir)
    cfg.dump(work_dir / CONFIG)
    (work_dir / RESULT).unlink(missing_ok=True)
    command = [sys.executable, '-m', 'setsim_mm.evaluation.segmentation_process']
    with open(work_dir / LOG, 'w') as log:
        done = subprocess.run(
            [*command, str(work_dir / CONFIG)],
            env=_environment(),
            stdout=log if quiet else None,
            stderr=subprocess.PIPE,
            text=True,
        )
    if done.returncode:
        raise _failure(done.stderr)
    return json.loads((work_dir / RESULT).read_text())


def _environment() -> dict[str, str]:
    """Return this process's environment without a launcher, with the same packages."""
    launchers = {name for names in LAUNCHER_VARIABLES.values() for name in names}
    environment = {k: v for k, v in os.environ.items() if k not in launchers}
    environment['PYTHONPATH'] = os.pathsep.join(filter(None, sys.path))
    return environment


def _failure(errors: str) -> Exception:
    """Return an exception for the error output of the process."""
    lines = errors.strip().splitlines() or ['the process was killed']
    sentence = lines[-1].removeprefix('Error: ')
    if sentence != lines[-1]:
        return UserError(f'the segmentation probe failed: {sentence}')
    return RuntimeError('the segmentation probe failed:\n' + '\n'.join(lines))
