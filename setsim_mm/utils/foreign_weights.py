"""The backbone's weights in a checkpoint of this or of another project."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from .checkpoints import load_checkpoint, model_weights
from .errors import UserError
from .foreign_names import PLACES, readings
from .state_dict_mismatch import some_of, state_dict_mismatches

BLOCKS = {
    ('basic', 2, 2, 2, 2): 'ResNet-18',
    ('basic', 3, 4, 6, 3): 'ResNet-34',
    ('bottleneck', 3, 4, 6, 3): 'ResNet-50',
    ('bottleneck', 3, 4, 23, 3): 'ResNet-101',
    ('bottleneck', 3, 8, 36, 3): 'ResNet-152',
}


@dataclass(frozen=True)
class FoundBackbone:
    """A backbone in a checkpoint.

    Args:
        weights (dict[str, Tensor]): By their names in the config's backbone.
        origin (str): Whose names the file has, such as ``'encoder_q.* as in MoCo'``.
        left_out (dict[str, int]): The number of all other tensors in the file by the
            first words of their names, such as ``{'encoder_k': 322}``.
    """

    weights: dict[str, Tensor]
    origin: str
    left_out: dict[str, int]


def find_backbone(
    path: str | os.PathLike, wanted: Mapping[str, Tensor]
) -> FoundBackbone:
    """Read a backbone's weights from a checkpoint of this or another project.

    Args:
        path (str | os.PathLike): A pre-training checkpoint, extracted weights, or a
            checkpoint of another project in :data:`~.foreign_names.PREFIXES`.
        wanted (Mapping[str, Tensor]): The state of the config's backbone. Tensors on
            PyTorch's meta device are enough.

    Returns:
        FoundBackbone: All weights of the backbone. BatchNorm's
        ``num_batches_tracked`` may be missing, as in old files.

    Raises:
        UserError: If the file is no checkpoint, holds no backbone under a known name,
            or does not fit in every weight.
    """
    place, weights = _weights_in(load_checkpoint(path))
    origin, names = max(
        readings(weights), key=lambda reading: len(wanted.keys() & reading[1].keys())
    )
    if not wanted.keys() & names.keys():
        raise UserError(
            f'{str(path)!r} holds no backbone under a name that is known (its weights '
            f"are {_first_of(weights)}): give a checkpoint of the config's kind of "
            'backbone from this project, MMSelfSup, MMPretrain, MoCo, DenseCL, '
            'SimSiam, DINO, torchvision or timm, or the backbone alone.'
        )
    # Classification heads and projectors stand beside the backbone in some projects.
    tops = {name.split('.')[0] for name in wanted}
    names = {ours: name for ours, name in names.items() if ours.split('.')[0] in tops}
    found = {ours: weights[name] for ours, name in names.items()}
    faults = state_dict_mismatches(wanted, found)
    if faults:
        raise UserError(
            f"{str(path)!r} does not fit the config's backbone{_depths(found, wanted)} "
            f'in {len(faults)} weights ({some_of(faults)}): give a checkpoint of the '
            'same backbone.'
        )
    taken = set(names.values())
    left_out = [name for name in weights if name not in taken]
    return FoundBackbone(
        {name: value.clone() for name, value in found.items()},
        origin + (f', under {place!r}' if place in ('teacher', 'student') else ''),
        _counts(left_out, {name.split('.')[0] for name in taken}),
    )


def _weights_in(checkpoint: dict[str, Any]) -> tuple[str, dict[str, Tensor]]:
    for place in PLACES:
        part = checkpoint.get(place)
        weights = model_weights(part) if isinstance(part, dict) else {}
        if weights:
            return place, weights
    return '', model_weights(checkpoint)


def _counts(names: Iterable[str], mixed: set[str]) -> dict[str, int]:
    """Count names by their first word, or by two where the first is also taken."""
    words = (name.split('.') for name in names)
    return Counter('.'.join(w[: 2 if w[0] in mixed else 1]) for w in words)


def _first_of(names: Iterable[str], most: int = 3) -> str:
    names = list(names)
    shown = ', '.join(names[:most]) or 'none'
    return shown + (', ...' if len(names) > most else '')


def _depths(found: Iterable[str], wanted: Iterable[str]) -> str:
    there, here = _resnet(found), _resnet(wanted)
    if here is None or there == here:
        return ''
    return f' (it is a {there or "network of another kind"} and not a {here})'


def _resnet(names: Iterable[str]) -> str | None:
    """Name a ResNet by its weights; None if it is another network."""
    names = list(names)
    kind = 'bottleneck' if any('.conv3.' in name for name in names) else 'basic'
    blocks = [
        len({name.split('.')[1] for name in names if name.startswith(f'layer{stage}.')})
        for stage in range(1, 5)
    ]
    return BLOCKS.get((kind, *blocks))
