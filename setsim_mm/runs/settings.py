"""The settings that decide the result of a run, and their comparison."""

import hashlib
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from mmengine.config import Config

# Parts of a config that do not change what a run learns.
MACHINE = ('env_cfg', 'launcher', 'log_level', 'resume', 'vis_backends', 'visualizer')
LOADER_OF_MACHINE = (
    'num_workers',
    'persistent_workers',
    'pin_memory',
    'prefetch_factor',
)


def settings_of(cfg: Config | dict[str, Any], processes: int = 1) -> dict[str, Any]:
    """Return the settings that decide the result of a run beside its seed.

    Args:
        cfg (Config | dict[str, Any]): The run's config.
        processes (int): The number of training processes, each with its own batch.
            Defaults to 1.

    Returns:
        dict[str, Any]: As JSON reads it back. Two runs are the same experiment if and
        only if they are equal.
    """
    settings = cfg.to_dict() if isinstance(cfg, Config) else deepcopy(cfg)
    for name in ('work_dir', *MACHINE):
        settings.pop(name, None)
    settings.get('randomness', {}).pop('seed', None)
    for name, part in settings.items():
        if name.endswith('_dataloader') and part:
            for key in LOADER_OF_MACHINE:
                part.pop(key, None)
    if not settings.get('randomness'):
        settings.pop('randomness', None)
    return as_json(dict(settings, processes=processes))


def as_json(settings: Any) -> Any:
    """Return settings as JSON reads them back: tuples are lists.

    Examples:
        >>> as_json(dict(size=(1, 2), name='a'))
        {'size': [1, 2], 'name': 'a'}
    """
    return json.loads(json.dumps(settings, default=str))


def digest(settings: dict[str, Any]) -> str:
    """Return a digest of settings, 16 hexadecimal digits."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(one: Any, other: Any, of_one: str, of_other: str) -> list[str]:
    """Return the differences of two settings, one clause for each value.

    Args:
        one (Any): Settings.
        other (Any): Other settings.
        of_one (str): The words for the first in the clauses, such as ``'there'``.
        of_other (str): The words for the other.

    Returns:
        list[str]: Empty if they are equal.

    Examples:
        >>> differences(dict(a=dict(b=1), c=[1]), dict(c=[1]), 'there', 'here')
        ['a.b is 1 there and missing here']
    """
    before, after = dict(_values(one)), dict(_values(other))
    missing = 'missing'
    return [
        f'{name} is {before.get(name, missing)} {of_one} and '
        f'{after.get(name, missing)} {of_other}'
        for name in dict.fromkeys([*before, *after])
        if before.get(name, missing) != after.get(name, missing)
    ]


def _values(settings: Any, name: str = '') -> Iterator[tuple[str, str]]:
    """Yield the values at the leaves with their dotted names."""
    if isinstance(settings, dict) and settings:
        parts = settings.items()
    elif isinstance(settings, list) and settings:
        parts = enumerate(settings)
    else:
        yield name, repr(settings)
        return
    for key, value in parts:
        yield from _values(value, f'{name}.{key}' if name else str(key))
