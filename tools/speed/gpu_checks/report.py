"""The report of the checks as Markdown and JSON."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from setsim_mm.utils.durable_files import write_text_whole

from .check import FAILED, NOT_RUN, PASSED, Measured, Result

TITLE = 'Check of a GPU'
LEGEND = (
    'A row shows the value that is nearest to its bound, and every value beyond it. '
    'Values without a bound are recorded only. `gpu_check.json` has all values.'
)


def as_markdown(results: Sequence[Result], machine: str) -> str:
    """Return the report of the results.

    Args:
        results (Sequence[Result]): The results.
        machine (str): Description of the machine.

    Returns:
        str: Summary, a table with a row for each check, and the tables of the checks.
    """
    seconds = sum(result.seconds for result in results)
    lines = [
        f'# {TITLE}',
        '',
        f'Machine: {machine}.',
        '',
        f'{summary_of(results)} in {seconds:.0f} s.',
        '',
        LEGEND,
        '',
        '| check | result | values | nearest to its bound | value | bound |',
        '|---|---|---|---|---|---|',
    ]
    for result in results:
        lines += _rows_of(result)
    tables = [table for result in results for table in result.tables]
    return '\n'.join([*lines, '', *tables])


def summary_of(results: Sequence[Result]) -> str:
    """Return the number of checks with each status."""
    counts = Counter(result.status for result in results)
    return ', '.join(
        f'{counts[status]} {status}' for status in (PASSED, FAILED, NOT_RUN)
    )


def write_report(results: Sequence[Result], machine: str, folder: Path) -> Path:
    """Write ``gpu_check.md`` and ``gpu_check.json``.

    Args:
        results (Sequence[Result]): The results so far.
        machine (str): Description of the machine.
        folder (Path): Output folder.

    Returns:
        Path: The Markdown file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / 'gpu_check.md'
    write_text_whole(report, as_markdown(results, machine))
    values = {'machine': machine, 'checks': [_plain(result) for result in results]}
    text = json.dumps(values, indent=2, allow_nan=False)
    write_text_whole(folder / 'gpu_check.json', text)
    return report


def _rows_of(result: Result) -> list[str]:
    """Return a row for each value beyond its bound, or one for the whole check."""
    shown = [part for part in result.measured if not part.passed]
    if not shown and result.status == PASSED:
        shown = sorted(result.measured, key=_share_of_bound)[-1:]
    name = result.name.replace('_', ' ')
    status = f'**{result.status}**' if result.status == FAILED else result.status
    rows = [
        f'| {name} | {status} | {len(result.measured)} | {_cell(part.what)} | '
        f'{_number(part.value)} | {_number(part.bound)} |'
        for part in shown
    ]
    values = len(result.measured)
    # Without a value to show: an error, or not run.
    return rows or [f'| {name} | {status} | {values} | {_cell(result.reason)} | | |']


def _share_of_bound(part: Measured) -> float:
    """Return the value as a share of its bound, negative without a bound."""
    if part.bound == math.inf:
        return -1
    return part.value / part.bound if part.bound else part.value


def _cell(text: str) -> str:
    """Return a text that does not end a cell of a table."""
    return text.replace('|', '\\|').replace('\n', ' ')


def _number(value: float) -> str:
    return '' if value == math.inf else f'{value:.3g}'


def _plain(result: Result) -> dict:
    """Return a result for JSON, which has no infinity and no NaN."""
    values = asdict(result)
    for part in values['measured']:
        for name in ('value', 'bound'):
            if not math.isfinite(part[name]):
                part[name] = None
    return values
