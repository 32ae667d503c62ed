"""Results of an attack as text, Markdown and JSON."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from .scenario import THEMES, Fault, Round

HEAD = '| fault | expected | rounds survived | checkpoints lost |\n|---|---|---|---|'


def by_fault(rounds: Sequence[Round]) -> dict[Fault, list[Round]]:
    """Group rounds by fault, ordered by theme and by the first round of each fault."""
    found = defaultdict(list)
    for round in sorted(rounds, key=lambda round: THEMES.index(round.fault.theme)):
        found[round.fault].append(round)
    return dict(found)


def markdown(rounds: Sequence[Round]) -> str:
    """Return the table of rounds with a line for each fault."""
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
    """Return one line for each round with problems."""
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
        folder (Path): Output folder.
        rounds (Sequence[Round]): All rounds.
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
