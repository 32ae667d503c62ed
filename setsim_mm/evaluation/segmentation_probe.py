"""The linear segmentation probe: one 1x1 convolution on a frozen backbone, by mmseg."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from mmengine.config import Config

from setsim_mm.utils.config_files import load_training_config
from setsim_mm.utils.distributed import LAUNCHER_VARIABLES
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.random_state import fixed_random_state

from .frozen_backbone import (
    build_data_preprocessor,
    feature_channels,
    load_backbone,
    rgb_normalization,
)

RESULT = 'result.json'
CONFIG = 'config.py'
LOG = 'output.log'
METRIC = 'mIoU'
DATA = ('train_dataloader', 'val_dataloader')


def require_mmseg() -> None:
    """Refuse to go on without MMSegmentation.

    Raises:
        UserError: If it is not installed, or mmcv lacks the operators that it needs.
    """
    if find_spec('mmseg') is None or find_spec('mmcv._ext') is None:
        raise UserError(
            'the segmentation probe needs mmsegmentation and the compiled mmcv: make '
            'the environment with `make env-test` (docs/install.md).'
        )


def segmentation_probe_config(
    path: str | os.PathLike,
    pretraining: Config,
    checkpoint: str | os.PathLike | None = None,
    data_root: str | os.PathLike | None = None,
    options: dict | None = None,
) -> Config:
    """Put the backbone of a pre-training run into the config of a probe.

    Args:
        path (str | os.PathLike): Config of the probe, one of
            ``configs/benchmarks/mmsegmentation``.
        pretraining (Config): Config of the pre-training, from which the backbone and
            the normalisation of the images are taken.
        checkpoint (str | os.PathLike, optional): What pre-training saved, or the
            backbone's weights alone. Defaults to None, random weights.
        data_root (str | os.PathLike, optional): Where the data set of the probe is.
            Defaults to None, what its config says.
        options (dict, optional): Overrides of the probe's config, such as
            ``{'train_cfg.max_epochs': 3}``. Defaults to None.

    Returns:
        Config: For :func:`run_segmentation_probe`.

    Raises:
        UserError: If mmsegmentation, the config or the data are not there, or the
            weights do not fit, or the backbone gives no feature map.
    """
    require_mmseg()
    cfg = load_training_config(str(path), options)
    for part in DATA:
        if data_root is not None:
            cfg[part].dataset.data_root = str(Path(data_root).expanduser())
        if cfg[part].get('num_workers') == 0:
            cfg[part].persistent_workers = False  # there are none to persist
    require_data(cfg)
    backbone = dict(pretraining.model.backbone)
    with fixed_random_state(0):
        channels = feature_channels(load_backbone(backbone, checkpoint))
    mean, std = rgb_normalization(build_data_preprocessor(pretraining)) or (None, None)
    cfg.model.backbone = dict(
        type='mmselfsup.FrozenBackbone',
        backbone=backbone,
        checkpoint=None if checkpoint is None else os.path.abspath(checkpoint),
    )
    cfg.model.neck.channels = channels
    cfg.model.decode_head.update(in_channels=channels, channels=channels)
    cfg.model.data_preprocessor.update(mean=mean, std=std)
    imports = pretraining.get('custom_imports', {}).get('imports', [])
    cfg.custom_imports.imports = list(
        dict.fromkeys([*cfg.custom_imports.imports, *imports])
    )
    cfg.train_cfg.val_interval = cfg.train_cfg.max_epochs
    return cfg


def require_data(cfg: Config) -> None:
    """Refuse a probe whose images are not there.

    Args:
        cfg (Config): Config of the probe.

    Raises:
        UserError: If a folder of images or labels does not exist.
    """
    for part in DATA:
        dataset = cfg[part].dataset
        for folder in dataset.data_prefix.values():
            folder = Path(dataset.data_root, folder).expanduser()
            if not folder.is_dir():
                raise UserError(
                    f'there is no folder {str(folder)!r}: set data_root '
                    'to where the data set of the segmentation probe is.'
                )


def run_segmentation_probe(
    cfg: Config, work_dir: str | os.PathLike, quiet: bool = True
) -> dict[str, float]:
    """Train the probe and measure it, in a process of its own.

    mmengine's training loop changes what a process has only once: scope, loggers,
    seeds. Nothing of that reaches the process that calls this.

    Args:
        cfg (Config): See :func:`segmentation_probe_config`.
        work_dir (str | os.PathLike): Where the log and ``result.json`` go.
        quiet (bool): Whether what mmengine prints goes to ``output.log`` there and not
            to the terminal. Defaults to True.

    Returns:
        dict[str, float]: ``mIoU``, ``mAcc`` and ``aAcc``, in percent.

    Raises:
        UserError: If the probe fails for a reason that the user can mend.
        RuntimeError: If it fails for another one.
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
    """This process's, in which the probe is alone and finds the same packages."""
    launchers = {name for names in LAUNCHER_VARIABLES.values() for name in names}
    environment = {k: v for k, v in os.environ.items() if k not in launchers}
    environment['PYTHONPATH'] = os.pathsep.join(filter(None, sys.path))
    return environment


def _failure(errors: str) -> Exception:
    """Make of what the process said an error of this one."""
    lines = errors.strip().splitlines() or ['it was killed']
    sentence = lines[-1].removeprefix('Error: ')
    if sentence != lines[-1]:
        return UserError(f'the segmentation probe failed: {sentence}')
    return RuntimeError('the segmentation probe failed:\n' + '\n'.join(lines))
