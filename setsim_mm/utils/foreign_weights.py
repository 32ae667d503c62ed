"""Find the backbone's weights in a checkpoint of this or another project."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from .checkpoints import find_weights, load_checkpoint
from .errors import UserError
from .foreign_names import possible_names
from .inflated_weights import inflated_first_convolution
from .printable import some_of
from .state_dict_mismatch import state_dict_mismatches

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
        weights (dict[str, Tensor]): The weights by their names in the config's
            backbone.
        origin (str): The names in the file and the project that uses them, such as
            ``'encoder_q.* as in MoCo'``.
        left_out (dict[str, int]): The number of all other tensors in the file by the
            first words of their names, such as ``{'encoder_k': 322}``.
        inflated (str, optional): The name of the first convolution if it was converted
            from RGB to the channels of the config. Defaults to None.
    """

    weights: dict[str, Tensor]
    origin: str
    left_out: dict[str, int]
    inflated: str | None = None


def find_backbone(
    path: str | os.PathLike, wanted: Mapping[str, Tensor], inflate: bool = False
) -> FoundBackbone:
    """Load a backbone's weights from a checkpoint of this or another project.

    The format is detected automatically.

    Args:
        path (str | os.PathLike): A pre-training checkpoint, extracted weights, or a
            checkpoint of another project in :data:`~.foreign_names.PREFIXES`.
        wanted (Mapping[str, Tensor]): The state of the config's backbone, which may be
            on PyTorch's meta device.
        inflate (bool): Whether to convert the first convolution of an RGB network to
            the channels of the config; see
            :func:`~.inflated_weights.inflate_input_channels`. Defaults to False.

    Returns:
        FoundBackbone: All weights of the backbone, without those that
            :func:`~.state_dict_mismatch.state_dict_mismatches` allows to be missing.

    Raises:
        UserError: If the file is no checkpoint, holds no backbone under a known name,
            or does not fit in every weight.
    """
    entry, weights = find_weights(load_checkpoint(path))
    way = max(
        possible_names(weights), key=lambda way: len(wanted.keys() & way.names.keys())
    )
    if not wanted.keys() & way.names.keys():
        names_in_file = some_of(weights, separator=', ') or 'none'
        raise UserError(
            f'{str(path)!r} holds no backbone under a name that is known (its weights '
            f"are {names_in_file}): give a checkpoint of the config's kind of "
            'backbone from this project, MMSelfSup, MMPretrain, MoCo, DenseCL, '
            'SimSiam, DINO, torchvision or timm, or the backbone alone.'
        )
    names = way.of_backbone(wanted)
    found = {ours: weights[name] for ours, name in names.items()}
    if way.table is not None:
        found = {o: way.table.value_to_ours(o, value) for o, value in found.items()}
    inflated = None
    if inflate:
        found, inflated = inflated_first_convolution(found, wanted)
    mismatches = state_dict_mismatches(wanted, found)
    if mismatches:
        depth = _another_resnet(found, wanted)
        raise UserError(
            f"{str(path)!r} does not fit the config's backbone{depth} "
            f'in {len(mismatches)} weights ({some_of(mismatches)}): give a checkpoint '
            'of the same backbone.'
        )
    taken = set(names.values())
    left_out = [name for name in weights if name not in taken]
    return FoundBackbone(
        {name: value.clone() for name, value in found.items()},
        way.origin + (f', under {entry!r}' if entry in ('teacher', 'student') else ''),
        _counts(left_out, {name.split('.')[0] for name in taken}),
        inflated,
    )


def _counts(names: Iterable[str], mixed: set[str]) -> dict[str, int]:
    """Count names by their first word, or by two where the first is also taken."""
    words = (name.split('.') for name in names)
    return Counter('.'.join(w[: 2 if w[0] in mixed else 1]) for w in words)


def _another_resnet(found: Iterable[str], wanted: Iterable[str]) -> str:
    there, here = _resnet(found), _resnet(wanted)
    if here is None or there == here:
        return ''
    return f' (it is a {there or "network of another kind"} and not a {here})'


def _resnet(names: Iterable[str]) -> str | None:
    """Return the name of a ResNet with these weights; None for another network."""
    names = list(names)
    kind = 'bottleneck' if any('.conv3.' in name for name in names) else 'basic'
    blocks = [
        len({name.split('.')[1] for name in names if name.startswith(f'layer{stage}.')})
        for stage in range(1, 5)
    ]
    return BLOCKS.get((kind, *blocks))
