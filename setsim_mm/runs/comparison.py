"""In what a session of a run differs from the one that it goes on from."""

from collections.abc import Iterable, Mapping
from typing import Any

from .config_text import read_config_text
from .settings import differences as setting_differences
from .settings import settings_of

# What says where the data is, and not what it is.
PLACES = ('data_root',)
LONGEST = 64  # letters of a value that is compared


def differences(old: Any, new: Mapping[str, Any]) -> list[str]:
    """Compare two sessions of a run in what decides its result.

    Args:
        old (Any): The record in the checkpoint that is resumed, of which nothing is
            trusted; or None.
        new (Mapping[str, Any]): The record of this session.

    Returns:
        list[str]: One clause each, such as ``"torch is '2.10.0' before and '2.11.0'
        now"``; empty if nothing differs, or if there is no old record.
    """
    if not isinstance(old, Mapping):
        return []
    before, now = _decisive(old), _decisive(new)
    if before['data'] == now['data'] != {}:
        before, now = _without(PLACES, before), _without(PLACES, now)
    for name in ('commit', 'data'):
        if not (before[name] and now[name]):  # not known on one side
            del before[name], now[name]
    return setting_differences(before, now, 'before', 'now')


def _decisive(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides the result, as plain values whatever the record holds."""
    data = _part(record, 'data')
    return dict(
        _settings(_part(record, 'config')),
        seed=_plain(record.get('seed')),
        processes=_plain(record.get('processes')),
        versions={k: _plain(v) for k, v in _part(record, 'versions').items()},
        commit=_plain(_part(record, 'git').get('commit')),
        data={
            name: _plain(part.get(key))
            for name, part, key in (
                ('samples', data, 'samples'),
                ('names', data, 'names'),
                ('sizes', _part(data, 'sizes'), 'sha256'),
            )
            if part.get(key) is not None
        },
    )


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings in the text of a config, or their digest without one."""
    try:
        settings = settings_of(read_config_text(config['text']))
    except Exception:  # of a stranger's text
        return dict(config=_plain(config.get('settings')))
    for name in ('processes', 'load_from'):
        settings.pop(name, None)
    return settings


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, Mapping) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST]
    return value if isinstance(value, int | float | None) else type(value).__name__


def _without(names: Iterable[str], settings: Any) -> Any:
    """Return settings without the entries of these names, at any depth."""
    if isinstance(settings, dict):
        return {k: _without(names, v) for k, v in settings.items() if k not in names}
    if isinstance(settings, list):
        return [_without(names, value) for value in settings]
    return settings
