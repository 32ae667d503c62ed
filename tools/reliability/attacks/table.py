"""What came of an attack: as lines on the screen, as Markdown, and as JSON."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from .scenario import THEMES, Fault, Round

HEAD = (
    '| fault | what must happen | rounds survived | checkpoints lost |\n'
    '|---|---|---|---|'
)


def by_fault(rounds: Sequence[Round]) -> dict[Fault, list[Round]]:
    """Sort rounds by theme, and by fault in the order of the first round of each."""
    found = defaultdict(list)
    for round in sorted(rounds, key=lambda round: THEMES.index(round.fault.theme)):
        found[round.fault].append(round)
    return dict(found)


def markdown(rounds: Sequence[Round]) -> str:
    """Return the table: one line a fault.

    Args:
        rounds (Sequence[Round]): All that were tried.
    """
    lines = [HEAD]
    for fault, tried in by_fault(rounds).items():
        survived = sum(round.survived for round in tried)
        inside = sum('inside the write' in round.notes for round in tried)
        count = f'{survived} of {len(tried)}'
        if inside:
            count += f' ({inside} inside the write)'
        lost = sum(round.lost for round in tried)
        lines.append(f'| {fault.name} | {fault.expected} | {count} | {lost:,} bytes |')
    return '\n'.join(lines) + '\n'


def failures(rounds: Sequence[Round]) -> list[str]:
    """Return one line for each round that was not survived."""
    lines = []
    for round in rounds:
        if not round.survived:
            lost = [f'{round.lost:,} bytes lost'] if round.lost else []
            told = '; '.join([*round.problems, *lost, *round.notes])
            lines.append(f'{round.fault.name} ({round.where}): {told}')
    return lines


def write_results(folder: Path, rounds: Sequence[Round], about: dict) -> None:
    """Write ``attack.md`` and ``attack.json``.

    Args:
        folder (Path): Where.
        rounds (Sequence[Round]): All that were tried.
        about (dict): Seed, time and versions.
    """
    text = markdown(rounds)
    if failures(rounds):
        text += '\nNot survived:\n\n'
        text += ''.join(f'- {line}\n' for line in failures(rounds))
    (folder / 'attack.md').write_text(text)
    records = [
        dict(
            theme=fault.theme,
            fault=fault.name,
            expected=fault.expected,
            rounds=[
                dict(
                    where=round.where,
                    survived=round.survived,
                    bytes_lost=round.lost,
                    problems=round.problems,
                    notes=round.notes,
                )
                for round in tried
            ],
        )
        for fault, tried in by_fault(rounds).items()
    ]
    result = dict(**about, faults=records)
    (folder / 'attack.json').write_text(json.dumps(result, indent=1) + '\n')
