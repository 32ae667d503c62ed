"""CSV files of the Image Similarity Challenge: true pairs and predictions."""

import os
from collections.abc import Iterable

import pandas as pd

from setsim_mm.utils.errors import UserError

from .copy_detection import COLUMNS, MAX_PREDICTIONS, QUERY, REFERENCE, SCORE


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
    max_predictions: int = MAX_PREDICTIONS,
) -> pd.DataFrame:
    """Read predictions.

    Args:
        path (str | os.PathLike): CSV with the columns
            ``query_id,reference_id,score``.
        queries (list[str], optional): All queries. Defaults to None: not checked.
        references (list[str], optional): All references. Defaults to None.
        max_predictions (int): Defaults to the challenge's 500,000.

    Returns:
        pd.DataFrame: The predictions.

    Raises:
        UserError: If it is no such file, a score is no number, an identifier is
            unknown, or there are more predictions than the challenge allows.
    """
    table = _read(path, list(COLUMNS))
    if len(table) > max_predictions:
        raise UserError(
            f'{str(path)!r} has {len(table):,} predictions, more than the '
            f'{max_predictions:,} that are allowed: keep those with the best scores.'
        )
    for column, known in ((QUERY, queries), (REFERENCE, references)):
        if known is not None:
            require_known(path, column, table[column], known)
    scores = pd.to_numeric(table[SCORE], errors='coerce')
    if scores.isna().any():
        bad = table[scores.isna()].iloc[0]
        raise UserError(
            f'{str(path)!r} has a score that is no number, {bad[SCORE]!r} of '
            f'({bad[QUERY]}, {bad[REFERENCE]}): correct the file.'
        )
    return table.assign(score=scores)


def require_known(
    path: str | os.PathLike, column: str, given: Iterable[str], known: Iterable[str]
) -> None:
    """Raise a UserError if a column of a CSV file has an unknown identifier.

    Args:
        path (str | os.PathLike): The file.
        column (str): The column.
        given (Iterable[str]): Its values.
        known (Iterable[str]): The identifiers of the images that exist.
    """
    unknown = set(given) - set(known)
    if unknown:
        raise UserError(
            f'{str(path)!r} has {len(unknown)} values of {column} that do not exist, '
            f'such as {min(unknown)!r}: correct the file, or evaluate it with its own '
            'set of images.'
        )


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
