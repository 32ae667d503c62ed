"""Exact search of neighbours among many embeddings, as the sampler of pairs does.

The time is that of 1,000 anchors, or of all if there are fewer, which are searched
among all images; it grows linearly with the anchors. *GB* is the size of the embeddings
in float16, and *MB* the added peak memory of the search. *All* is the time of a search
for every image, computed from the time of torch. *Equal* is the share of neighbours
that faiss and torch agree on.
"""

from argparse import Namespace
from functools import partial
from importlib.util import find_spec
from statistics import median
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from setsim_mm.evaluation.neighbors import neighbor_search

from .memory import added_peak_memory
from .timing import CLOCKS, time_in_turn

ANCHORS = 1000
GROUP = 10  # images that look alike
NEIGHBORS = 9  # of an anchor, as for one positive


def measure(args: Namespace) -> pd.DataFrame:
    """Measure every number of images; faiss is left out if it is not installed."""
    return pd.DataFrame(_measure(args, images) for images in args.images)


def synthetic_embeddings(images: int, dim: int) -> Tensor:
    """Draw embeddings in groups of ten around random centres.

    Returns:
        Tensor: L2-normalised, float16, (images, dim).
    """
    features = torch.empty(images, dim, dtype=torch.float16)
    for part in features.split(GROUP * 1000):
        centers = torch.randn(-(-len(part) // GROUP), dim).repeat_interleave(GROUP, 0)
        noisy = centers[: len(part)] + 0.5 * torch.randn(len(part), dim)
        part.copy_(F.normalize(noisy, dim=1))
    return features


def _measure(args: Namespace, images: int) -> dict[str, Any]:
    features = synthetic_embeddings(images, args.dim)
    anchors = features[:ANCHORS].float()
    names = ['torch', *(['faiss'] if find_spec('faiss') else [])]
    searches = {}
    for name in names:
        device = args.device if name == 'torch' else 'cpu'
        search = neighbor_search(features.to(device), name)
        searches[name] = partial(search, anchors.to(device), NEIGHBORS)
    row: dict[str, Any] = {
        'images': images,
        'D': args.dim,
        'GB': features.nbytes / 1e9,
    }
    times = time_in_turn(
        searches, args.repeats, device=args.device, clock=CLOCKS[args.clock]
    )
    for name, seconds in times.items():
        row[f'{name}, s'] = median(seconds)
    for name, search in searches.items():
        row[f'{name}, MB'] = added_peak_memory(search, args.device) / 1e6
    row['all, h'] = row['torch, s'] * images / len(anchors) / 3600
    if 'faiss' in searches:
        found = [search()[1].cpu().sort(dim=1).values for search in searches.values()]
        row['equal'] = (found[0] == found[1]).float().mean().item()
    return row | {'repeats': args.repeats}
