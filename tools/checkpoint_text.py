"""The summary of a checkpoint as text."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.filesize import decimal

from setsim_mm.utils.printable import printable

WIDTH = 15  # of the names
DIGEST = 16  # digits of a digest that are shown


def as_text(summary: Mapping[str, Any]) -> str:
    """Return a summary of a checkpoint as lines of text.

    Args:
        summary (Mapping[str, Any]): From
            :func:`~.checkpoint_summary.summarize_checkpoint`.

    Returns:
        str: The text, without control characters.
    """
    return '\n'.join(printable(line).rstrip() for line in _lines(summary))


def _lines(summary: Mapping[str, Any]) -> Iterator[str]:
    record = summary['provenance']
    yield _line('file', summary['file'])
    yield _line('format', f'{summary["format"]}, {decimal(summary["bytes"])}')
    yield _line('content', _content(summary))
    yield _line('entries', ', '.join(summary['entries']) or 'none')
    for name in ('experiment', 'epoch', 'iteration', 'seed', 'time'):
        yield _line(name, _or_unknown(summary[name]))
    for name in ('host', 'command', 'processes'):
        if name in record:
            yield _line(name, record[name])
    if isinstance(record.get('devices'), list):
        yield _line('devices', ', '.join(map(str, record['devices'])))
    yield _line('source code', _git(record.get('git')))
    yield _line('versions', _pairs(record.get('versions')))
    yield _line('deterministic', _pairs(record.get('deterministic')))
    yield _line('data', _data(record.get('data')))
    if record.get('started_from'):
        yield _line('started from', _pairs(record['started_from']))
    yield _line('config', _config(summary['config']))
    yield _line('training', _training(summary['training']))
    yield ''
    yield from _table(
        ('weights', 'tensors', 'numbers', 'types', 'not finite'),
        [
            (
                '/'.join(filter(None, (group['place'], group['group']))),
                str(group['tensors']),
                f'{group["numbers"]:,}',
                ' '.join(group['dtypes']),
                str(group['not_finite']),
            )
            for group in summary['weights']
        ],
    )
    if summary['scalars']:
        yield ''
        yield from _table(
            ('scalars', 'values', 'last'),
            [
                (name, _or_unknown(scalar['values']), _or_unknown(scalar['last']))
                for name, scalar in summary['scalars'].items()
            ],
        )


def _line(name: str, value: Any) -> str:
    return f'{name:{WIDTH}}{value}'


def _or_unknown(value: Any) -> str:
    return 'not known' if value is None else str(value)


def _content(summary: Mapping[str, Any]) -> str:
    if summary['damage'] is not None:
        return f'DAMAGED: {summary["damage"]}'
    if summary['format'] == 'zip':
        return 'whole: every record matches its checksum'
    return 'read to the end; this format has no checksums'


def _git(git: Any) -> str:
    if not isinstance(git, Mapping):
        return 'not known'
    changed = git.get('changed_files')
    change = f'{changed} files changed since' if git.get('dirty') else 'unchanged'
    return f'commit {git.get("commit")}, {change}'


def _pairs(values: Any) -> str:
    if not isinstance(values, Mapping) or not values:
        return 'not known'
    return ', '.join(f'{name} {value}' for name, value in values.items())


def _data(data: Any) -> str:
    if not isinstance(data, Mapping):
        return 'not known'
    sizes = data['sizes']
    text = f'{data.get("samples")} samples, names {_digest(data.get("names"))}'
    if not sizes:
        return text
    return (
        f'{text}, {sizes.get("images")} sizes {_digest(sizes.get("sha256"))} '
        f'({sizes.get("bytes")} bytes)'
    )


def _digest(value: Any) -> str:
    return _or_unknown(value)[:DIGEST]


def _config(text: str | None) -> str:
    if text is None:
        return 'none'
    return f'{len(text.splitlines())} lines (--config prints them)'


def _training(state: Mapping[str, Any]) -> str:
    if not state['optimizer']:
        return 'no optimizer: training cannot be resumed from this file'
    rates = ', '.join(map(_or_unknown, state['learning_rates'])) or 'not known'
    scale = state['loss_scale']
    return (
        f'optimizer of {state["optimized_tensors"]} tensors, learning rate {rates}, '
        f'{state["schedulers"]} schedules, '
        + ('no loss scale' if scale is None else f'loss scale {scale}')
    )


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table with aligned columns."""
    # Escaping makes a text longer.
    rows = [heads, *(tuple(map(printable, row)) for row in rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    for row in rows:
        yield '  '.join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        )
