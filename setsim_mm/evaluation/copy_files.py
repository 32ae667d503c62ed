"""CSV files of the Image Similarity Challenge: true pairs and predictions."""

import os

import pandas as pd

from setsim_mm.utils.errors import UserError

from .copy_detection import COLUMNS, QUERY, REFERENCE, SCORE


def read_truth(path: str | os.PathLike) -> tuple[list[str], pd.DataFrame]:
    """Read queries and true pairs.

    Args:
        path (str | os.PathLike): CSV with the columns ``query_id,reference_id``. The
            reference of a distractor is empty.

    Returns:
        tuple[list[str], pd.DataFrame]: All queries, and the true pairs.

    Raises:
        UserError: If it is no such file.
    """
    table = _read(path, [QUERY, REFERENCE])
    pairs = table[table[REFERENCE] != ''].reset_index(drop=True)
    return list(dict.fromkeys(table[QUERY])), pairs


def read_predictions(
    path: str | os.PathLike,
    queries: list[str] | None = None,
    references: list[str] | None = None,
) -> pd.DataFrame:
    """Read predictions.

    Args:
        path (str | os.PathLike): CSV with the columns
            ``query_id,reference_id,score``.
        queries (list[str], optional): All queries. Defaults to None: not checked.
        references (list[str], optional): All references. Defaults to None.

    Returns:
        pd.DataFrame: The predictions.

    Raises:
        UserError: If it is no such file, a score is no number, or an identifier is
            unknown.
    """
    table = _read(path, list(COLUMNS))
    for column, known in ((QUERY, queries), (REFERENCE, references)):
        unknown = set(table[column]) - set(known) if known is not None else set()
        if unknown:
            raise UserError(
                f'{str(path)!r} has {len(unknown)} values of {column} that do not '
                f'exist, such as {min(unknown)!r}: correct the file, or evaluate it '
                'with its own set of images.'
            )
    scores = pd.to_numeric(table[SCORE], errors='coerce')
    if scores.isna().any():
        bad = table[scores.isna()].iloc[0]
        raise UserError(
            f'{str(path)!r} has a score that is no number, {bad[SCORE]!r} of '
            f'({bad[QUERY]}, {bad[REFERENCE]}): correct the file.'
        )
    return table.assign(score=scores)


def _read(path: str | os.PathLike, columns: list[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UserError(f'{str(path)!r} cannot be read as CSV ({error}).') from error
    if list(table.columns) != columns:
        raise UserError(
            f'{str(path)!r} has the columns {", ".join(table.columns)}: the first line '
            f'must be {",".join(columns)}.'
        )
    return table
