"""Comparison of a resumed run's provenance with that of the session before."""

from collections.abc import Iterable, Mapping
from typing import Any

from .config_text import read_config_text
from .plain_values import mapping_at, plain_value
from .settings import differences, settings_of

# Settings that name the place of the data, and not its content.
PLACES = ('data_root',)
LONGEST = 64  # characters of a value that are compared


def session_changes(old: Any, new: Mapping[str, Any]) -> list[str]:
    """Return the changes between two sessions of a run that can change its result.

    Args:
        old (Any): The provenance in the checkpoint that is resumed, of any content; or
            None.
        new (Mapping[str, Any]): The provenance of this session.

    Returns:
        list[str]: One clause each, such as ``"torch is '2.10.0' before and '2.11.0'
        now"``; empty if nothing differs, or without an old provenance.
    """
    if not isinstance(old, Mapping):
        return []
    before, now = _decisive(old), _decisive(new)
    if before['data'] == now['data'] != {}:
        before, now = _without(PLACES, before), _without(PLACES, now)
    for name in ('commit', 'data'):
        if not (before[name] and now[name]):  # not known on one side
            del before[name], now[name]
    return differences(before, now, 'before', 'now')


def _decisive(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides the result as plain values, for a record of any content."""
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
    except Exception:  # a text of any content
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
