"""In-context retrieval: label positions by their nearest labelled ones, untrained.

"Towards In-Context Scene Understanding" (Balažević et al., NeurIPS 2023,
arXiv:2306.01667). The features of labelled images are the memory; each position of
another image takes the labels of its k nearest neighbours in it. Where the paper is
silent, the definitions are those of the open implementation,
github.com/vpariza/open-hummingbird-eval (commit 5e79da2).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

# Similarities that stand in memory at a time: 2^25 floats are 128 MiB.
BLOCK = 2**25


@dataclass(frozen=True)
class FeatureMemory:
    """Labelled positions.

    Args:
        features (Tensor): L2-normalised, (M, D).
        labels (Tensor): Share of pixels of each class in the patch, (M, C).
        places (Tensor): Number of the image and of the position in its map, (M, 2).
    """

    features: Tensor
    labels: Tensor
    places: Tensor

    def __len__(self) -> int:
        return len(self.features)


def patch_labels(labels: Tensor, grid: tuple[int, int], num_classes: int) -> Tensor:
    """Compute the share of pixels of each class in the patch of each position.

    Args:
        labels (Tensor): Class of each pixel, (N, height, width). Pixels of other values
            belong to no class.
        grid (tuple[int, int]): Rows and columns of the feature map, h and w.
        num_classes (int): C.

    Returns:
        Tensor: (N, h·w, C), between 0 and 1. The shares of a patch sum to 1 where
        every pixel has a class.
    """
    known = (labels >= 0) & (labels < num_classes)
    one_hot = F.one_hot(labels.where(known, num_classes), num_classes + 1)
    planes = one_hot[..., :num_classes].permute(0, 3, 1, 2).float()  # N, C, H, W
    return F.adaptive_avg_pool2d(planes, grid).flatten(2).transpose(1, 2)


def choose_positions(shares: Tensor, number: int, generator: torch.Generator) -> Tensor:
    """Choose positions of an image so that rare classes are kept.

    A position's score is the number of patches that show a class, summed over the
    classes in its patch, times a random number between 0 and 1. The lowest scores are
    chosen. Patches without a class are never chosen.

    Args:
        shares (Tensor): Of one image, from :func:`patch_labels`, (P, C).
        number (int): How many at most.
        generator (torch.Generator): Draws the random numbers, on the CPU.

    Returns:
        Tensor: Indices of positions, at most ``number``.
    """
    present = (shares > 0).float()
    scores = present @ present.sum(0)  # P
    scores = scores * torch.rand(len(scores), generator=generator)
    labelled = present.any(1)
    scores[~labelled] = torch.inf
    return scores.argsort()[: min(number, int(labelled.sum()))]


def nearest_in_memory(
    queries: Tensor, features: Tensor, k: int, block: int = BLOCK
) -> tuple[Tensor, Tensor]:
    """Find the nearest features by inner product, exactly, in blocks of queries.

    Args:
        queries (Tensor): (Q, D).
        features (Tensor): (M, D).
        k (int): Neighbours of each query, at most M.
        block (int): Similarities in memory at a time. Defaults to 2^25.

    Returns:
        tuple[Tensor, Tensor]: Similarities, descending, and indices, (Q, k) each.

    Raises:
        ValueError: If k is out of range.
    """
    if not 1 <= k <= len(features):
        raise ValueError(
            f'k must be between 1 and the size of the memory, {len(features)}, but is '
            f'{k}'
        )
    rows = max(1, block // len(features))
    found = [torch.topk(part @ features.t(), k, dim=1) for part in queries.split(rows)]
    values, indices = zip(*found, strict=True)
    return torch.cat(values), torch.cat(indices)


def retrieve_labels(
    queries: Tensor,
    memory: FeatureMemory,
    k: int = 30,
    temperature: float = 0.02,
    block: int = BLOCK,
) -> Tensor:
    """Label features by their nearest neighbours in the memory.

    The open implementation searches with queries that are not normalised. That finds
    the same neighbours, since the memory is.

    Args:
        queries (Tensor): Features, (Q, D).
        memory (FeatureMemory): Labelled positions.
        k (int): Neighbours. Defaults to 30.
        temperature (float): Each neighbour weighs softmax(cos / temperature). Defaults
            to 0.02.
        block (int): See :func:`nearest_in_memory`.

    Returns:
        Tensor: Weight of each class, (Q, C).
    """
    cosines, indices = nearest_in_memory(
        F.normalize(queries, dim=1), memory.features, k, block
    )
    weights = F.softmax(cosines / temperature, dim=1)  # Q, k
    return torch.einsum('qk,qkc->qc', weights, memory.labels[indices])
