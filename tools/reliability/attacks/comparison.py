"""Bitwise comparison of trainings and checkpoints."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from setsim_mm.utils import UserError, load_checkpoint

from .step_log import fingerprint, tensors_in

# The state from which a run resumes, without the log's history, which contains times.
RESUMED = ('state_dict', 'optimizer', 'param_schedulers')


def first_difference(steps: Sequence[dict], reference: Sequence[dict]) -> str | None:
    """Compare the records of steps with those of an uninterrupted training.

    Args:
        steps (Sequence[dict]): Records of :class:`~.step_log.StepLogHook`.
        reference (Sequence[dict]): Records of a training without faults.

    Returns:
        str | None: The first step that differs; None if there is none.
    """
    expected = {record['step']: record for record in reference}
    for record in steps:
        other = expected.get(record['step'])
        if other is None:
            return f'step {record["step"]} is beyond the end'
        for part in ('batch', 'state'):
            if record[part] != other[part]:
                return f'the {part} of step {record["step"]} differs'
    return None


def differences(one: Any, other: Any, where: str = '') -> list[str]:
    """Return the places at which two nested values differ."""
    if type(one) is not type(other):
        return [where]
    if isinstance(one, Tensor):
        same = fingerprint([one]) == fingerprint([other]) and one.dtype == other.dtype
        return [] if same and one.shape == other.shape else [where]
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return [where]
        parts: Iterable = ((f'{where}.{key}', one[key], other[key]) for key in one)
    elif isinstance(one, list | tuple):
        if len(one) != len(other):
            return [where]
        pairs = zip(one, other, strict=True)
        parts = ((f'{where}[{i}]', *pair) for i, pair in enumerate(pairs))
    else:
        return [] if one == other else [where]
    return [place for name, a, b in parts for place in differences(a, b, name)]


def same_checkpoint(path: Path, reference: Path) -> str | None:
    """Compare the states in two checkpoints.

    Args:
        path (Path): A checkpoint.
        reference (Path): The checkpoint of the uninterrupted training.

    Returns:
        str | None: The first difference; None if there is none.
    """
    one, other = load_checkpoint(path), load_checkpoint(reference)
    places = [
        place
        for part in RESUMED
        for place in differences(one.get(part), other.get(part), part)
    ]
    if not places:
        return None
    return f'{path.name} differs at {places[0]} and {len(places) - 1} other places'


def whole_checkpoints(work_dir: Path) -> dict[str, int]:
    """Return the readable checkpoints in a folder with their steps.

    Args:
        work_dir (Path): The output folder.

    Returns:
        dict[str, int]: Steps by file name.
    """
    found = {}
    for path in work_dir.glob('*.pth'):
        try:
            found[path.name] = load_checkpoint(path)['meta']['iter']
        except (UserError, KeyError, TypeError):
            continue
    return found


def is_finite(path: Path) -> bool:
    """Return whether all numbers of a checkpoint are finite."""
    checkpoint = load_checkpoint(path)
    states = checkpoint['state_dict'], checkpoint['optimizer']
    return all(
        math.isfinite(tensor.double().sum()) for tensor in tensors_in(list(states))
    )
