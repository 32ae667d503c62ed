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

    Args:
        features (Tensor): float32, on the CPU, (M, D).
        name (str): ``'torch'`` searches in blocks of queries, ``'faiss'`` in a flat
            index with a copy of the features. Defaults to ``'torch'``.
        block (int): Similarities that torch has in memory at a time. Defaults to 2^25.

    Returns:
        Search: Takes queries (Q, D) and k. Returns inner products, descending, and
        indices of features, (Q, k) each. Raises UserError if k is not in 1 to M.

    Raises:
        UserError: If the search is not installed.

    Examples:
        >>> search = neighbor_search(torch.eye(3))
        >>> search(torch.tensor([[0.1, 0.5, 0.2]]), 2)[1]
        tensor([[1, 2]])
    """
    require_search(name)
    find = (
        _torch_search(features, block) if name == 'torch' else _faiss_search(features)
    )

    def search(queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        check_neighbors(k, len(features), 'features in the memory')
        return find(queries, k)

    return search


def _torch_search(features: Tensor, block: int) -> Search:
    rows = max(1, block // max(1, len(features)))

    def find(queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        found = [torch.topk(q @ features.t(), k, dim=1) for q in queries.split(rows)]
        values, indices = zip(*found, strict=True)
        return torch.cat(values), torch.cat(indices)

    return find


def _faiss_search(features: Tensor) -> Search:
    import faiss

    index = faiss.IndexFlatIP(features.shape[1])
    index.add(features.numpy())

    def find(queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        values, indices = index.search(queries.numpy(), k)
        return torch.from_numpy(values), torch.from_numpy(indices)

    return find
