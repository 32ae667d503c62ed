"""In-context retrieval: label positions by their nearest labelled ones, untrained.

"Towards In-Context Scene Understanding" (Balažević et al., NeurIPS 2023,
arXiv:2306.01667). The features of labelled images are the memory; each position of
another image takes the labels of its k nearest neighbours in it. Where the paper is
silent, the definitions are those of the open implementation,
github.com/vpariza/open-hummingbird-eval (commit 5e79da2).
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from .neighbors import Search, neighbor_search


@dataclass(frozen=True)
class FeatureMemory:
    """Labelled positions.

    Args:
        features (Tensor): L2-normalised, (M, D).
        labels (Tensor): Share of pixels of each class in the patch, (M, C).
        places (Tensor): Number of the image and of the position in its map, (M, 2).
        search (str): See :func:`~.neighbors.neighbor_search`. Defaults to ``'torch'``.
    """

    features: Tensor
    labels: Tensor
    places: Tensor
    search: str = 'torch'

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def nearest(self) -> Search:
        """Search for the nearest features."""
        return neighbor_search(self.features, self.search)


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


def retrieve_labels(
    queries: Tensor,
    memory: FeatureMemory,
    k: int = 30,
    temperature: float = 0.02,
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

    Returns:
        Tensor: Weight of each class, (Q, C).

    Raises:
        UserError: If k is not in 1 to the size of the memory.
    """
    cosines, indices = memory.nearest(F.normalize(queries, dim=1), k)
    weights = F.softmax(cosines / temperature, dim=1)  # Q, k
    return torch.einsum('qk,qkc->qc', weights, memory.labels[indices])
