"""Convert checkpoints from the authors' program to SetSim, and back.

The authors' program is based on MoCo's. Each of its encoders is a pair of modules: item
0 is torchvision's ResNet with the image projector in place of ``fc``, and item 1 is the
set projector. Its checkpoints hold no queues.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
import torchvision
from torch import Tensor

from setsim_mm.utils.checkpoints import load_checkpoint, model_weights, save_weights
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.state_dict_mismatch import state_dict_mismatches

# Prefixes in the authors' checkpoints and in ours; the first one that matches counts.
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
# Prefixes that the authors' checkpoints do not have.
ONLY_OURS = (UPDATES, 'image_queue.', 'set_queue.')
PROJECTOR = ('0.weight', '0.bias', '2.weight', '2.bias')
RESNETS = ('resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152')


def convert_from_authors(
    checkpoint_path: str | os.PathLike, out_path: str | os.PathLike
) -> Path:
    """Convert a checkpoint of the authors' program for :class:`SetSim`.

    Args:
        checkpoint_path (str | os.PathLike): A checkpoint of the authors' program.
        out_path (str | os.PathLike): The file to write, for ``load_from`` in a config.
            It holds all weights but the queues.

    Returns:
        Path: The file written.

    Raises:
        UserError: If weights are missing or not known, or a file cannot be read or
            written.
    """
    theirs = model_weights(load_checkpoint(checkpoint_path))
    _check(_authors_names(theirs), theirs, checkpoint_path, "the authors' program")
    ours = {_our_name(name): value for name, value in theirs.items()}
    # With 0 updates the key encoder would be overwritten by the query encoder.
    ours[UPDATES] = torch.ones((), dtype=torch.long)
    return save_weights(ours, out_path, checkpoint_path)


def convert_to_authors(
    checkpoint_path: str | os.PathLike, out_path: str | os.PathLike
) -> Path:
    """Convert a checkpoint of :class:`SetSim` with a ResNet for the authors' program.

    Args:
        checkpoint_path (str | os.PathLike): A pre-training checkpoint.
        out_path (str | os.PathLike): The file to write; the queues are left out.

    Returns:
        Path: The file written.

    Raises:
        UserError: If weights are missing or not known, or a file cannot be read or
            written.
    """
    ours = {
        name: value
        for name, value in model_weights(load_checkpoint(checkpoint_path)).items()
        if not name.startswith(ONLY_OURS)
    }
    theirs = {_their_name(name): value for name, value in ours.items()}
    expected = list(map(_our_name, _authors_names(theirs)))
    _check(expected, ours, checkpoint_path, 'SetSim with a ResNet')
    # The authors train with DistributedDataParallel, which adds this prefix.
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
    """Return all names of the authors' model with the ResNet that fits best."""
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


def _check(
    expected: list[str],
    weights: Mapping[str, Tensor],
    path: str | os.PathLike,
    origin: str,
) -> None:
    """Raise an error if weights are missing or not known."""
    mismatches = state_dict_mismatches(dict.fromkeys(expected), weights)
    if mismatches:
        raise UserError(
            f'{str(path)!r} is no whole checkpoint of {origin}: {len(mismatches)} '
            f'weights do not fit ({some_of(mismatches)}), so give another one, or '
            'convert in the other direction.'
        )
