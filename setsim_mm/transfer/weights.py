"""The backbone's weights in anybody's checkpoint, by the names that the host uses."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

from setsim_mm.utils.checkpoints import load_checkpoint, model_weights
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.misfits import misfits, some_of

# In the place of a checkpoint: the tables' "Random init."
RANDOM = 'random'
# What stands before the names of the query side's backbone, once DDP's module. is off.
PREFIXES = (
    'backbone.',  # MMSelfSup and its kin, this project among them
    'encoder_q.0.',  # the authors' program; DenseCL's and OpenSelfSup's
    'encoder_q.',  # MoCo
    'encoder.',  # SimSiam, PixPro
    '',  # torchvision, SwAV, extracted weights
)
EXTRA_NORM = 'norm.'
BLOCKS = {
    ('basic', 2, 2, 2, 2): 'ResNet-18',
    ('basic', 3, 4, 6, 3): 'ResNet-34',
    ('bottleneck', 3, 4, 6, 3): 'ResNet-50',
    ('bottleneck', 3, 4, 23, 3): 'ResNet-101',
    ('bottleneck', 3, 8, 36, 3): 'ResNet-152',
}


def transferred_weights(cfg: Config, path: str | os.PathLike) -> dict[str, Tensor]:
    """Read what a benchmark takes over from a checkpoint.

    Args:
        cfg (Config): Config of the benchmark.
        path (str | os.PathLike): A pre-training checkpoint as it stands, extracted
            weights, or a checkpoint with the names of :data:`PREFIXES`. Heads and
            momentum encoders in it are left out.

    Returns:
        dict[str, Tensor]: By their names in the backbone, the fourth stage of a C4
        detector, which is its head, included.

    Raises:
        UserError: If the file is no checkpoint or fits the backbone under no name.
    """
    wanted = wanted_weights(build_transferred_parts(cfg))
    checkpoint = load_checkpoint(path)
    weights = model_weights(checkpoint) or model_weights(checkpoint.get('model', {}))
    candidates = [_behind(prefix, weights) for prefix in PREFIXES]
    best = max(candidates, key=lambda found: len(wanted.keys() & found.keys()))
    if not wanted.keys() & best.keys():
        raise UserError(
            f'{str(path)!r} holds no backbone under a name that is known (its weights '
            f'are {_some(weights)}): give a checkpoint of MMSelfSup, MoCo, SimSiam, '
            'DenseCL or torchvision, or the backbone alone.'
        )
    # Classification heads and projectors stand beside the backbone in some projects.
    tops = {name.split('.')[0] for name in wanted}
    found = {name: best[name] for name in best if name.split('.')[0] in tops}
    faults = misfits(wanted, found)
    if faults:
        raise UserError(
            f"{str(path)!r} does not fit the config's backbone{_depths(found, wanted)} "
            f'in {len(faults)} weights ({some_of(faults)}): give a checkpoint of the '
            'same backbone.'
        )
    return {name: value.clone() for name, value in found.items()}


def build_transferred_parts(cfg: Config) -> dict[str, nn.Module]:
    """Build without weights what takes over weights.

    Args:
        cfg (Config): Config of a benchmark.

    Returns:
        dict[str, nn.Module]: ``backbone`` and, of a C4 detector, ``shared_head``, on
        PyTorch's meta device.
    """
    with DefaultScope.overwrite_default_scope(cfg.default_scope), torch.device('meta'):
        return {
            name: MODELS.build(dict(part, init_cfg=None))
            for name, part in transferred_configs(cfg).items()
        }


def transferred_configs(cfg: Config) -> dict[str, dict]:
    """Find in a config the parts of the model that take over weights.

    Args:
        cfg (Config): Config of a benchmark.

    Returns:
        dict[str, dict]: See :func:`build_transferred_parts`.
    """
    parts = dict(backbone=cfg.model.backbone)
    shared_head = cfg.model.get('roi_head', {}).get('shared_head')
    if shared_head is not None:
        parts['shared_head'] = shared_head
    return parts


def wanted_weights(parts: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """Give the state of the parts that comes from a checkpoint.

    Args:
        parts (Mapping[str, nn.Module]): ``backbone`` and perhaps ``shared_head``, whose
            extra BatchNorm is new.

    Returns:
        dict[str, Tensor]: By names in the backbone.
    """
    return {
        name: value
        for part, module in parts.items()
        for name, value in module.state_dict().items()
        if part == 'backbone' or not name.startswith(EXTRA_NORM)
    }


def _behind(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in weights.items()
        if name.startswith(prefix)
    }


def _some(names: Iterable[str], most: int = 3) -> str:
    names = list(names)
    shown = ', '.join(names[:most]) or 'none'
    return shown + (', ...' if len(names) > most else '')


def _depths(found: Iterable[str], wanted: Iterable[str]) -> str:
    there, here = _depth(found), _depth(wanted)
    return f', for it is a {there} and not a {here},' if there != here else ''


def _depth(names: Iterable[str]) -> str:
    """Name a ResNet by its weights."""
    names = list(names)
    kind = 'bottleneck' if any('.conv3.' in name for name in names) else 'basic'
    blocks = [
        len({name.split('.')[1] for name in names if name.startswith(f'layer{stage}.')})
        for stage in range(1, 5)
    ]
    return BLOCKS.get((kind, *blocks), 'network of another kind')


def weights_file(work_dir: str | os.PathLike) -> Path:
    """Say where a fine-tuning run keeps what it takes over, tensors only."""
    return Path(work_dir, 'backbone.pth')
