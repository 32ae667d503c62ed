"""Files of image pairs, as CSV or Parquet."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from setsim_mm.utils.durable_files import written_whole
from setsim_mm.utils.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = ('.csv', '.parquet')
COLUMNS = ('anchor', 'positive', 'similarity')


@dataclass(frozen=True)
class ImagePairs:
    """Pairs of images by their names.

    Args:
        anchors (Sequence[str]): Paths of the anchors in the image folder, P.
        positives (Sequence[str]): Paths of their positives, P.
        similarities (np.ndarray): Cosine similarities, (P,).
    """

    anchors: Sequence[str]
    positives: Sequence[str]
    similarities: np.ndarray

    def __len__(self) -> int:
        return len(self.anchors)


def require_pair_file(path: str | os.PathLike) -> None:
    """Check that a file of pairs can be read or written, before work is done.

    Args:
        path (str | os.PathLike): The file, which may not exist yet.

    Raises:
        UserError: If its suffix is unknown, or the package for it is missing.
    """
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        raise UserError(
            f'a file of pairs ends in {" or ".join(SUFFIXES)}, unlike '
            f'{os.fspath(path)!r}: choose another name.'
        )
    if suffix == '.parquet' and find_spec('pyarrow') is None:
        raise UserError(
            'a .parquet file needs pyarrow, which is not installed: install it with '
            '`pip install pyarrow`, or use a .csv file.'
        )


def write_pairs(path: str | os.PathLike, pairs: ImagePairs) -> None:
    """Write pairs; the file is complete or does not exist.

    Args:
        path (str | os.PathLike): A ``.csv`` or ``.parquet`` file.
        pairs (ImagePairs): The pairs.

    Raises:
        UserError: See :func:`require_pair_file`.
    """
    import pandas as pd  # slow to import

    require_pair_file(path)
    table = pd.DataFrame(
        dict(
            anchor=pd.Series(pairs.anchors, dtype=object),
            positive=pd.Series(pairs.positives, dtype=object),
            similarity=np.asarray(pairs.similarities, dtype=np.float64).round(6),
        )
    )
    with written_whole(path) as unfinished:
        if Path(path).suffix == '.csv':
            # Names of files need not be UTF-8.
            table.to_csv(unfinished, index=False, errors='surrogateescape')
        else:
            table.to_parquet(unfinished, index=False)


def read_pairs(path: str | os.PathLike) -> ImagePairs:
    """Read a file of pairs.

    Args:
        path (str | os.PathLike): A ``.csv`` or ``.parquet`` file.

    Returns:
        ImagePairs: At least one pair.

    Raises:
        UserError: If the file is missing, damaged or empty, or has other columns.
    """
    import pandas as pd  # slow to import

    require_pair_file(path)
    name = os.fspath(path)
    if not os.path.isfile(path):
        raise UserError(
            f'there is no file of pairs {name!r}: write it with '
            'tools/sample_semantic_pairs.py, or correct train_dataloader.dataset.pairs.'
        )
    # Not str: pandas 3 with pyarrow then takes names in UTF-8 only.
    names = dict.fromkeys(COLUMNS[:2], object)
    try:
        if Path(path).suffix == '.csv':
            table = pd.read_csv(
                path,
                dtype=names,
                keep_default_na=False,  # a folder may be called NA
                na_values=dict(similarity=['']),
                encoding_errors='surrogateescape',
            )
        else:
            table = pd.read_parquet(path)
        missing = [column for column in COLUMNS if column not in table]
        pairs = None if missing else _pairs_of(table.astype({'similarity': float}))
    except (ValueError, TypeError, OSError) as error:  # pandas' and pyarrow's bases
        raise UserError(
            f'the file of pairs {name!r} cannot be read ({error}): write it again.'
        ) from error
    if pairs is None:
        raise UserError(
            f'the file of pairs {name!r} has no column {missing[0]!r}: it needs '
            f'{", ".join(COLUMNS)}.'
        )
    if not pairs:
        raise UserError(
            f'the file of pairs {name!r} is empty: sample pairs with another window, '
            'or train without them.'
        )
    return pairs


def _pairs_of(table: 'pd.DataFrame') -> ImagePairs:
    return ImagePairs(
        [str(name) for name in table['anchor']],
        [str(name) for name in table['positive']],
        table['similarity'].to_numpy(),
    )
