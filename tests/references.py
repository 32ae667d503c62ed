"""Slow references in float64: the paper's equations as loops.

They share no code with the package. Feature maps are (C, H, W) tensors of one image;
positions are numbered row by row.
"""

import math
from itertools import permutations

import torch


def positions(feature_map):
    """The feature vector of every position, a list of H*W tensors in float64."""
    return list(feature_map.double().flatten(1).T)


def attention(feature_map, power=1):
    """Eq. 3 (power 1) or the authors' mean of squares (power 2), a list."""
    values = [vector.tolist() for vector in positions(feature_map)]
    if power == 1:
        return [sum(abs(value) for value in vector) for vector in values]
    return [sum(value**2 for value in vector) / len(vector) for vector in values]


def scaled(values):
    """Eq. 4, a list; None for a constant map."""
    low, high = min(values), max(values)
    if low == high:
        return None
    return [(value - low) / (high - low) for value in values]


def attended(feature_map, threshold, power=1):
    """Eq. 5, the set of attended positions."""
    relative = scaled(attention(feature_map, power))
    if relative is None:
        return set(range(len(positions(feature_map))))
    return {j for j, value in enumerate(relative) if value >= threshold}


def cosine(u, v):
    """Cosine similarity of two vectors, 0 if either is zero."""
    norms = math.sqrt((u * u).sum()) * math.sqrt((v * v).sum())
    return float((u * v).sum()) / norms if norms else 0.0


def similarities(query_map, key_map):
    """Eq. 6's sim of every query with every key position, a list of lists."""
    queries, keys = (torch.stack(positions(m)) for m in (query_map, key_map))
    norms = queries.norm(dim=1)[:, None] * keys.norm(dim=1)
    # 0 if either vector is zero, whose product with anything is zero.
    return (queries @ keys.T / norms.where(norms > 0, 1)).tolist()


def corresponding_sets(query_map, key_map, threshold, power=1, min_similarity=None):
    """s_i, a set of pairs (query position, key position)."""
    sim = similarities(query_map, key_map)
    return {
        (i, j)
        for i in attended(query_map, threshold, power)
        for j in attended(key_map, threshold, power)
        if min_similarity is None or sim[i][j] >= min_similarity
    }


def with_nearest_neighbors(pairs, query_map, key_map):
    """Eq. 7: pairs and, for every query position in them, its nearest neighbour."""
    sim = similarities(query_map, key_map)
    nearest = {(i, max(range(len(sim[i])), key=sim[i].__getitem__)) for i, _ in pairs}
    return pairs | nearest


def cells(box, grid):
    """Centres of the cells of a view in its image, and the cells' diagonal."""
    (x1, y1, x2, y2), (rows, columns) = box, grid
    width, height = (x2 - x1) / columns, (y2 - y1) / rows
    centers = [
        (x1 + (column + 0.5) * width, y1 + (row + 0.5) * height)
        for row in range(rows)
        for column in range(columns)
    ]
    return centers, math.hypot(width, height)


def geometric_distances(query_box, query_grid, key_box, key_grid):
    """Distances of centres in units of the larger diagonal, a list of lists."""
    query_centers, query_diagonal = cells(query_box, query_grid)
    key_centers, key_diagonal = cells(key_box, key_grid)
    unit = max(query_diagonal, key_diagonal)
    return [[math.dist(q, k) / unit for k in key_centers] for q in query_centers]


def geometric_pairs(query_box, query_grid, key_box, key_grid, radius):
    """Pairs nearer than the radius, a set."""
    distances = geometric_distances(query_box, query_grid, key_box, key_grid)
    return {
        (i, j)
        for i, row in enumerate(distances)
        for j, distance in enumerate(row)
        if distance < radius
    }


def least_cost(costs):
    """Least total cost over all one-to-one pairings of a square matrix."""
    size = range(len(costs))
    return min(sum(costs[i][p[i]] for i in size) for p in permutations(size))


def as_mask(pairs, query_positions, key_positions):
    """A set of pairs as a bool tensor, (HWq, HWk)."""
    mask = torch.zeros(query_positions, key_positions, dtype=torch.bool)
    for i, j in pairs:
        mask[i, j] = True
    return mask


def as_pairs(mask):
    """A bool tensor (HWq, HWk) as a set of pairs."""
    return {tuple(pair) for pair in mask.nonzero().tolist()}


def position_loss(query, positives, negatives, temperature):
    """One summand of Eq. 8 as it is printed.

    Args:
        query: One query vector, (D,).
        positives: Its key vectors, a list of (D,).
        negatives: The bank, (D, K).
        temperature: tau.
    """
    others = torch.cat([torch.stack(positives), negatives.T])  # P + K, D
    logits = (query * others).sum(dim=1) / temperature
    top = logits.max().detach()  # keeps exp in range, cancels
    log_denominator = (logits - top).exp().sum().log()
    return -(logits[: len(positives)] - top - log_denominator).mean()


def set_loss(query, key, correspondence, negatives, temperature):
    """Eq. 8 with the means of design: over positions with a positive, over images."""
    negatives = negatives.double()
    images = []
    for query_map, key_map, mask in zip(query, key, correspondence, strict=True):
        keys = positions(key_map)
        losses = [
            position_loss(
                vector, [k for k, on in zip(keys, row, strict=True) if on],
                negatives, temperature,
            )
            for vector, row in zip(positions(query_map), mask.tolist(), strict=True)
            if any(row)
        ]  # fmt: skip
        images.append(sum(losses) / len(losses) if losses else query_map.sum() * 0)
    return sum(images) / len(images)


def info_nce(query, key, negatives, temperature):
    """Eq. 1, averaged over the batch: query and key (N, D), negatives (D, K)."""
    losses = [
        position_loss(q.double(), [k.double()], negatives.double(), temperature)
        for q, k in zip(query, key, strict=True)
    ]
    return sum(losses) / len(losses)
