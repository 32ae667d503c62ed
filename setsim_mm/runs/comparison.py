"""In what a session of a run differs from the one that it goes on from."""

from collections.abc import Iterable, Mapping
from typing import Any

from .config_text import read_config_text
from .plain_values import mapping_at, plain_value
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
    data = mapping_at(record, 'data')
    return dict(
        _settings(mapping_at(record, 'config')),
        seed=_compared(record.get('seed')),
        processes=_compared(record.get('processes')),
        versions={k: _compared(v) for k, v in mapping_at(record, 'versions').items()},
        commit=_compared(mapping_at(record, 'git').get('commit')),
        data={
            name: _compared(part.get(key))
            for name, part, key in (
                ('samples', data, 'samples'),
                ('names', data, 'names'),
                ('sizes', mapping_at(data, 'sizes'), 'sha256'),
            )
            if part.get(key) is not None
        },
    )


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings in the text of a config, or their digest without one."""
    try:
        settings = settings_of(read_config_text(config['text']))
    except Exception:  # of a stranger's text
        return dict(config=_compared(config.get('settings')))
    for name in ('processes', 'load_from'):
        settings.pop(name, None)
    return settings


def _compared(value: Any) -> str | int | float | bool | None:
    """Return a plain value, or the name of the type of any other value."""
    plain = plain_value(value, LONGEST)
    return type(value).__name__ if plain is None and value is not None else plain


def _without(names: Iterable[str], settings: Any) -> Any:
    """Return settings without the entries of these names, at any depth."""
    if isinstance(settings, dict):
        return {k: _without(names, v) for k, v in settings.items() if k not in names}
    if isinstance(settings, list):
        return [_without(names, value) for value in settings]
    return settings
