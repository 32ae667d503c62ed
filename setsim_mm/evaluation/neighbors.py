"""Exact search of nearest features by inner product, in PyTorch or by faiss."""

from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import Tensor

from setsim_mm.utils.errors import UserError

# Similarities that stand in memory at a time: 2^25 floats are 128 MiB.
BLOCK = 2**25
SEARCHES = ('torch', 'faiss')
# Takes queries (Q, D) and k; returns similarities, descending, and indices, (Q, k).
Search = Callable[[Tensor, int], tuple[Tensor, Tensor]]


def check_neighbors(k: int, number: int, kind: str) -> None:
    """Check a number of neighbours.

    Args:
        k (int): Neighbours of each query.
        number (int): Candidates that there are.
        kind (str): What the candidates are, in the plural.

    Raises:
        UserError: If k is below 1, or there are fewer candidates.
    """
    if not 1 <= k <= number:
        raise UserError(
            f'k is {k}, but must be between 1 and the number of {kind}, {number}: ask '
            'for another number of neighbours, or give more labelled images.'
        )


def check_temperature(temperature: float) -> None:
    """Raise a UserError if a temperature is not above 0."""
    if not temperature > 0:
        raise UserError(
            f'the temperature is {temperature}: neighbours need one above 0.'
        )


def require_search(name: str) -> None:
    """Check that a search exists and is installed.

    Args:
        name (str): One of ``SEARCHES``.

    Raises:
        UserError: If not.
    """
    if name not in SEARCHES:
        raise UserError(
            f'there is no search {name!r}: choose one of {", ".join(SEARCHES)}.'
        )
    if name == 'faiss' and find_spec('faiss') is None:
        raise UserError(
            'the search by faiss needs faiss, which is not installed: install it with '
            '`pip install faiss-cpu`, or search in torch.'
        )


def neighbor_search(
    features: Tensor, name: str = 'torch', block: int = BLOCK
) -> Search:
    """Return a function that finds the nearest features of queries, exactly.

    Features in float16 need half of the memory. They are converted to float32 in
    blocks, so that only the rounding of their storage changes a similarity.

    Args:
        features (Tensor): float32 or float16, (M, D). faiss needs them on the CPU.
        name (str): ``'torch'`` or ``'faiss'``, whose exact search is used without an
            index. Defaults to ``'torch'``.
        block (int): Values that are in memory at a time: of converted features, and of
            similarities in torch. Defaults to 2^25.

    Returns:
        Search: Takes queries (Q, D) in float32, on the device of the features, and k.
        Returns inner products, descending, and indices of features, (Q, k) each.
        Raises UserError if k is not in 1 to M.

    Raises:
        UserError: If the search is not installed.

    Examples:
        >>> search = neighbor_search(torch.eye(3))
        >>> search(torch.tensor([[0.1, 0.5, 0.2]]), 2)[1]
        tensor([[1, 2]])
    """
    require_search(name)
    nearest = _nearest_by_torch if name == 'torch' else _nearest_by_faiss
    number, dim = features.shape
    tile = max(1, block // max(1, dim))
    rows = max(1, block // max(1, min(tile, number)))

    def search(queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        check_neighbors(k, number, 'features in the memory')
        # faiss bounds its memory itself, and is several times slower on few queries.
        parts = [queries] if name == 'faiss' else queries.split(rows)
        found = [_nearest_in_tiles(nearest, part, features, tile, k) for part in parts]
        values, indices = zip(*found, strict=True)
        return torch.cat(values), torch.cat(indices)

    return search


def _nearest_in_tiles(
    nearest: Callable, queries: Tensor, features: Tensor, tile: int, k: int
) -> tuple[Tensor, Tensor]:
    """Search tiles of the features one by one and keep the best k of all."""
    best: tuple[Tensor, Tensor] | None = None
    for start in range(0, len(features), tile):
        part = features[start : start + tile].to(queries.dtype)
        values, indices = nearest(queries, part, min(k, len(part)))
        indices = indices + start
        if best is not None:
            values = torch.cat([best[0], values], dim=1)
            indices = torch.cat([best[1], indices], dim=1)
            values, places = values.topk(min(k, values.shape[1]), dim=1)
            indices = indices.gather(1, places)
        best = values, indices
    assert best is not None
    return best


def _nearest_by_torch(
    queries: Tensor, features: Tensor, k: int
) -> tuple[Tensor, Tensor]:
    return torch.topk(queries @ features.t(), k, dim=1)


def _nearest_by_faiss(
    queries: Tensor, features: Tensor, k: int
) -> tuple[Tensor, Tensor]:
    import faiss

    values, indices = faiss.knn(
        queries.numpy(), features.numpy(), k, metric=faiss.METRIC_INNER_PRODUCT
    )
    return torch.from_numpy(values), torch.from_numpy(indices)
