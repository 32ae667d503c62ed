"""From descriptors to predicted copies: neighbours, normalised scores, limits."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from setsim_mm.utils.errors import UserError

from .copy_detection import MAX_PREDICTIONS, QUERY, REFERENCE, SCORE
from .neighbors import neighbor_search

MAX_DIM = 256  # limit of the Image Similarity Challenge


@dataclass(frozen=True)
class Descriptors:
    """Descriptors of images.

    Args:
        ids (Sequence[str]): Identifiers, (N,), each once.
        features (Tensor): float32, on the CPU, (N, D).

    Raises:
        UserError: If their numbers differ, an identifier is given twice, or a
            descriptor is not finite.
    """

    ids: Sequence[str]
    features: Tensor

    def __post_init__(self) -> None:
        if self.features.dim() != 2 or len(self.ids) != len(self.features):
            raise UserError(
                f'there are {len(self.ids)} identifiers and descriptors of the shape '
                f'{tuple(self.features.shape)}: each image needs one of both.'
            )
        if len(set(self.ids)) < len(self.ids):
            twice = pd.Series(self.ids)
            raise UserError(
                f'the image {twice[twice.duplicated()].iloc[0]!r} is given twice: '
                'remove one of the two.'
            )
        broken = ~self.features.isfinite().all(dim=1)
        if broken.any():
            raise UserError(
                f'{int(broken.sum())} descriptors are not finite, such as that of '
                f'{self.ids[int(broken.nonzero()[0])]!r}: use a checkpoint of a '
                'training that did not diverge.'
            )

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class CopySearch:
    """Options of the search for copies.

    Args:
        k (int): References of each query. Defaults to 10.
        max_predictions (int): Predictions that are kept, those with the best scores.
            Defaults to the challenge's 500,000.
        max_dim (int, optional): Largest dimension of a descriptor. Defaults to the
            challenge's 256; None allows any.
        rank (int): With training images: which of a query's best scores with them is
            subtracted. Not known from the paper. Defaults to 10.
        weight (float): Factor of the subtracted score. Defaults to 1.
        search (str): See :func:`~.neighbors.neighbor_search`. Defaults to ``'torch'``.
    """

    k: int = 10
    max_predictions: int = MAX_PREDICTIONS
    max_dim: int | None = MAX_DIM
    rank: int = 10
    weight: float = 1.0
    search: str = 'torch'


def predict_copies(
    queries: Descriptors,
    references: Descriptors,
    training: Descriptors | None = None,
    options: CopySearch | None = None,
) -> pd.DataFrame:
    """Predict the references of which queries are copies.

    The score is the negative L2 distance. With training images, of which no query is a
    copy, the ``rank``-th best score of a query with them, times ``weight``, is
    subtracted from its scores. Scores of different queries are then comparable.

    Args:
        queries (Descriptors): Descriptors of the queries.
        references (Descriptors): Descriptors of the references.
        training (Descriptors, optional): Descriptors of the training images. Defaults
            to None, no normalisation.
        options (CopySearch, optional): Defaults to None, the defaults.

    Returns:
        pd.DataFrame: ``query_id``, ``reference_id`` and ``score``, by descending score.

    Raises:
        UserError: If there are no queries, dimensions differ or are too large, or there
            are fewer training images than ``rank``.
    """
    options = options or CopySearch()
    others = [references] if training is None else [references, training]
    check_dimensions([queries, *others], options.max_dim)
    k = min(options.k, len(references))
    distances, indices = nearest(queries.features, references.features, k, options)
    scores = -distances  # Q, k
    if training is not None:
        if not 1 <= options.rank <= len(training):
            raise UserError(
                f'the score of rank {options.rank} is subtracted, but there are '
                f'{len(training)} training images: choose a rank from 1 to that.'
            )
        among, _ = nearest(queries.features, training.features, options.rank, options)
        scores = scores + options.weight * among[:, -1:]
    predictions = pd.DataFrame(
        {
            QUERY: np.repeat(np.asarray(queries.ids, dtype=object), k),
            REFERENCE: np.asarray(references.ids, dtype=object)[indices.flatten()],
            SCORE: scores.flatten().numpy(),
        }
    )
    best = predictions.sort_values(SCORE, ascending=False, kind='stable')
    return best.head(options.max_predictions).reset_index(drop=True)


def nearest(
    queries: Tensor, features: Tensor, k: int, options: CopySearch
) -> tuple[Tensor, Tensor]:
    """Find the features with the least L2 distance, exactly.

    Args:
        queries (Tensor): float32, (Q, D).
        features (Tensor): float32, (M, D).
        k (int): Number of features of each query, at most M.
        options (CopySearch): Has the search.

    Returns:
        tuple[Tensor, Tensor]: Distances, ascending, and indices, (Q, k) each.
    """
    # |q - f|² is least where q·f - |f|² / 2 is largest.
    lengths = features.square().sum(dim=1, keepdim=True)
    search = neighbor_search(torch.cat([features, -lengths / 2], 1), options.search)
    _, indices = search(torch.cat([queries, torch.ones(len(queries), 1)], 1), k)
    # Not from the inner products, which cancel where the distance is small.
    distances = torch.stack(
        [
            (queries - features[column]).norm(dim=1)  # Q
            for column in indices.unbind(dim=1)
        ],
        dim=1,
    )
    distances, order = distances.sort(dim=1, stable=True)
    return distances, indices.gather(1, order)


def check_dimensions(
    descriptors: Sequence[Descriptors], max_dim: int | None = MAX_DIM
) -> None:
    """Raise a UserError if descriptors are missing, differ in D or are too large."""
    if not all(len(group) for group in descriptors):
        raise UserError(
            'there are no queries, no references or no training images: at least one '
            'image of each is needed.'
        )
    dims = [group.features.shape[1] for group in descriptors]
    if len(set(dims)) > 1:
        raise UserError(
            f'the descriptors have different dimensions, {", ".join(map(str, dims))} '
            '(queries, references, training images): compute them by one model.'
        )
    if max_dim is not None and dims[0] > max_dim:
        raise UserError(
            f'the descriptors have {dims[0]} dimensions, more than the {max_dim} that '
            'are allowed: use the output of a neck, or allow more dimensions.'
        )


ROLES = ('query', 'reference', 'training')


def write_descriptors(path: str | os.PathLike, groups: dict[str, Descriptors]) -> None:
    """Write descriptors by role to an .npz file."""
    arrays = {}
    for role, group in groups.items():
        arrays[f'{role}_ids'] = np.array(group.ids, dtype=str)
        arrays[f'{role}_features'] = group.features.numpy()
    np.savez(path, **arrays)


def read_descriptors(path: str | os.PathLike) -> dict[str, Descriptors]:
    """Read descriptors by role from an .npz file.

    Args:
        path (str | os.PathLike): With the arrays ``query_ids`` (N,) and
            ``query_features`` (N, D), and those of ``reference`` and, optionally,
            ``training``.

    Returns:
        dict[str, Descriptors]: By role.

    Raises:
        UserError: If it is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return {
            role: Descriptors(
                [str(name) for name in arrays[f'{role}_ids']],
                torch.from_numpy(arrays[f'{role}_features'].astype(np.float32)),
            )
            for role in ROLES
            if role != 'training' or 'training_ids' in arrays
        }
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f'{os.fspath(path)!r} cannot be read as descriptors ({error}): it must be '
            'an .npz file with query_ids, query_features, reference_ids and '
            'reference_features.'
        ) from error
