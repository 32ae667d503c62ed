"""Checkpoints of the authors' program, there and back: the same weights, other names.

Their program, which grew out of MoCo's, keeps a pair of modules for each encoder: item
0 is torchvision's ResNet with the image projector in the place of ``fc``, item 1 is the
set projector. Their checkpoints hold no queues.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import torch
import torchvision
from torch import Tensor

from .checkpoints import load_checkpoint, model_weights, save_weights
from .errors import UserError

# Theirs, ours; the first that a name starts with counts, so fc comes before the rest.
QUERY_NAMES = [
    ('encoder_q.0.fc.', 'neck.image_projector.'),
    ('encoder_q.0.', 'backbone.'),
    ('encoder_q.1.', 'neck.set_projector.'),
]
NAMES = QUERY_NAMES + [
    (theirs.replace('_q', '_k'), f'momentum_encoder.{ours}')
    for theirs, ours in QUERY_NAMES
]
UPDATES = 'momentum_encoder.updates'
# What their checkpoints do not hold.
OURS_ALONE = (UPDATES, 'image_queue.', 'set_queue.')
PROJECTOR = ('0.weight', '0.bias', '2.weight', '2.bias')
RESNETS = ('resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152')


def convert_from_authors(
    checkpoint_path: str | os.PathLike, out_path: str | os.PathLike
) -> Path:
    """Write a checkpoint of the authors' program as one of :class:`SetSim`.

    Args:
        checkpoint_path (str | os.PathLike): What their program saved.
        out_path (str | os.PathLike): The file to write, for ``load_from`` in a config.
            It lacks the queues alone.

    Returns:
        Path: The file written.

    Raises:
        UserError: If weights are missing or not known, or a file cannot be read or
            written.
    """
    theirs = model_weights(load_checkpoint(checkpoint_path))
    _require(_authors_names(theirs), theirs, checkpoint_path, "the authors' program")
    ours = {_our_name(name): value for name, value in theirs.items()}
    # Without an update behind it, the key encoder would start as the query encoder.
    ours[UPDATES] = torch.ones((), dtype=torch.long)
    return save_weights(ours, out_path, checkpoint_path)


def convert_to_authors(
    checkpoint_path: str | os.PathLike, out_path: str | os.PathLike
) -> Path:
    """Write a checkpoint of :class:`SetSim` with a ResNet as the authors' program does.

    Args:
        checkpoint_path (str | os.PathLike): What pre-training saved.
        out_path (str | os.PathLike): The file to write; queues are left out.

    Returns:
        Path: The file written.

    Raises:
        UserError: If weights are missing or not known, or a file cannot be read or
            written.
    """
    ours = {
        name: value
        for name, value in model_weights(load_checkpoint(checkpoint_path)).items()
        if not name.startswith(OURS_ALONE)
    }
    theirs = {_their_name(name): value for name, value in ours.items()}
    expected = list(map(_our_name, _authors_names(theirs)))
    _require(expected, ours, checkpoint_path, 'SetSim with a ResNet')
    # DistributedDataParallel, under which they train, puts module. in front.
    return save_weights(
        {f'module.{name}': value for name, value in theirs.items()},
        out_path,
        checkpoint_path,
    )


def _our_name(name: str) -> str:
    return _renamed(name, NAMES)


def _their_name(name: str) -> str:
    return _renamed(name, [(ours, theirs) for theirs, ours in NAMES])


def _renamed(name: str, starts: list[tuple[str, str]]) -> str:
    for old, new in starts:
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def _authors_names(found: Iterable[str]) -> list[str]:
    """All the names of their model, with the ResNet that comes closest to these."""
    candidates = [
        [
            f'encoder_{side}.{name}'
            for side in 'qk'
            for name in (
                *_names_in_resnet(arch),
                *(f'0.fc.{layer}' for layer in PROJECTOR),
                *(f'1.{layer}' for layer in PROJECTOR),
            )
        ]
        for arch in RESNETS
    ]
    return min(
        candidates, key=lambda names: len(set(names).symmetric_difference(found))
    )


def _names_in_resnet(arch: str) -> list[str]:
    with torch.device('meta'):
        weights = torchvision.models.get_model(arch).state_dict()
    return [f'0.{name}' for name in weights if not name.startswith('fc.')]


def _require(
    expected: list[str],
    weights: dict[str, Tensor],
    path: str | os.PathLike,
    origin: str,
) -> None:
    """Refuse a checkpoint that holds less or more than it should."""
    faults = [f'{name} is missing' for name in expected if name not in weights]
    faults += [f'{name} is not known' for name in weights if name not in set(expected)]
    if not faults:
        return
    shown = '; '.join(faults[:4])
    if len(faults) > 4:
        shown += f'; ... {len(faults)} in all'
    raise UserError(
        f'{str(path)!r} is no whole checkpoint of {origin} ({shown}): give another '
        'one, or convert in the other direction.'
    )
