"""The figures of the paper, as data/paper_tables.yml holds them."""

from pathlib import Path

import yaml

TABLES = yaml.safe_load(
    (Path(__file__).parent / 'data' / 'paper_tables.yml').read_text()
)


def paper_table(name: str) -> dict[str, dict[str, float]]:
    """Return a table: figures by row and column, both in the paper's order."""
    table = TABLES['tables'][name]
    return {
        row: dict(zip(table['columns'], values, strict=True))
        for row, *values in table['rows']
    }


def paper_differences() -> list[tuple[str, str, str, str, float]]:
    """Return the printed differences: table, row, other row, column, difference."""
    return [tuple(difference) for difference in TABLES['differences']]
