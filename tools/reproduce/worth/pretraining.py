"""The pre-training of the comparison: trials of tools/train.py on own images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mmengine.config import Config

from setsim_mm.transfer.finetuning_record import checkpoint_digest
from setsim_mm.utils import UserError
from studies.configs import ensure_probe
from studies.machine import launch_of
from studies.pretraining import Scale
from studies.trials import Trial

from .starts import Start

DATASET = 'UnlabeledImages'


def load_pretraining_config(path: str | Path, scale: Scale, data_root: Path) -> Config:
    """Load a pre-training config for a list of images in a folder.

    Args:
        path (str | Path): The config file.
        scale (Scale): Changes of it.
        data_root (Path): The folder.

    Returns:
        Config: It reads no image before its data set has an ``ann_file``.

    Raises:
        UserError: If it cannot be read, or has another data set.
    """
    cfg = scale.load(path)
    dataset = cfg.train_dataloader.dataset
    if str(dataset.get('type')).split('.')[-1] != DATASET:
        raise UserError(
            f'the data set of the config {str(path)!r} is {dataset.get("type")}, not '
            f'{DATASET}: choose a config of configs/selfsup that reads a folder.'
        )
    dataset.update(
        data_root=str(data_root),
        data_prefix=dict(img_path=''),
        ann_file='',
        ann_file_required=True,
        classes=None,
    )
    ensure_probe(cfg)
    return cfg


def pretraining_trial(
    start: Start,
    seed: int,
    cfg: Config,
    names: Path,
    folder: Path,
    repository: Path,
    gpus: int,
    inputs: Mapping[str, object],
) -> Trial:
    """Return the pre-training of a starting point with a seed.

    Args:
        start (Start): The starting point, which is pre-trained here.
        seed (int): The seed.
        cfg (Config): From :func:`load_pretraining_config`.
        names (Path): The list of this seed's images.
        folder (Path): The folder of all runs.
        repository (Path): The folder of ``tools/``.
        gpus (int): GPUs of the run; 0 for none.
        inputs (Mapping[str, object]): What decides the result beside config, weights
            and seed, the same for all seeds.

    Returns:
        Trial: Not started.
    """
    if ',' in str(names):
        raise UserError(
            f'the path {str(names)!r} has a comma, which options of a config cannot '
            'have: choose another folder with --work-dir.'
        )
    options = () if start.random else ('--from-weights', start.weights)
    tools = repository / 'tools'
    launch = launch_of(
        tools / 'train.py', tools / 'dist_train.sh', gpus, options=options
    )
    return Trial(
        name=start.name,
        seed=seed,
        folder=folder,
        config=cfg,
        launch=(*launch, f'train_dataloader.dataset.ann_file={names}'),
        processes=max(1, gpus),
        inputs=dict(inputs, weights=checkpoint_digest(start.weights)),
    )


def require_one_backbone(configs: Sequence[Config]) -> None:
    """Raise an error if pre-training configs have different backbones.

    Args:
        configs (Sequence[Config]): The configs.

    Raises:
        UserError: If so.
    """
    first, *others = (cfg.model.backbone for cfg in configs)
    if any(backbone != first for backbone in others):
        raise UserError(
            '--config and --config-from-weights have different backbones: choose '
            'configs with the same one, or merge it into both with --merge.'
        )
