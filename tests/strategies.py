"""What hypothesis draws: grids, boxes, pairs of views and inputs of the loss."""

import torch
from hypothesis import strategies as st
from torch.nn import functional as F

from setsim_mm.structures import ViewFeatures

seeds = st.integers(0, 2**31)
sides = st.integers(1, 4)
grids = st.tuples(sides, sides)
# In hundredths: exact ties with the threshold do occur, and are well defined.
thresholds = st.integers(0, 100).map(lambda hundredths: hundredths / 100)


@st.composite
def box_rows(draw):
    """A box (x1, y1, x2, y2) of some area, mirrored now and then."""
    x, y = draw(st.integers(0, 70)), draw(st.integers(0, 70))
    width, height = draw(st.integers(5, 30)), draw(st.integers(5, 30))
    left, right = (x + width, x) if draw(st.booleans()) else (x, x + width)
    return [side / 100 for side in (left, y, right, y + height)]


@st.composite
def view_pairs(draw, boxes=False):
    """Two views of the same images, each with a grid of its own."""
    images, channels = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    generator = torch.Generator().manual_seed(draw(seeds))
    views = []
    for _ in range(2):
        feature_map = torch.randn(images, channels, *draw(grids), generator=generator)
        box = torch.tensor([draw(box_rows()) for _ in range(images)]) if boxes else None
        views.append(ViewFeatures(feature_map, box))
    return tuple(views)


@st.composite
def loss_inputs(draw):
    """query, key, correspondence and negatives in float64, normalised over D."""
    images, dim = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    query_grid, key_grid = draw(grids), draw(grids)
    generator = torch.Generator().manual_seed(draw(seeds))

    def directions(*shape):
        features = torch.randn(*shape, generator=generator, dtype=torch.float64)
        return F.normalize(features, dim=1)

    query = directions(images, dim, *query_grid)
    key = directions(images, dim, *key_grid)
    negatives = directions(draw(st.integers(1, 9)), dim).T.contiguous()
    shape = images, query_grid[0] * query_grid[1], key_grid[0] * key_grid[1]
    # Every image has a density of its own, 0 and 1 included.
    density = torch.tensor(
        [draw(st.sampled_from([0, 0.2, 0.6, 1])) for _ in range(images)]
    )
    correspondence = torch.rand(shape, generator=generator) < density[:, None, None]
    return query, key, correspondence, negatives
