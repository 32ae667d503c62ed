"""Encoding, loss and decoding against definitions, loops and torchvision.

torchvision's functions are those of detectron2, with two differences: its
``heatmaps_to_keypoints`` returns the maximum itself as the score, and ours divides the
exponential of it by the sum over the cells, as detectron2 does; and its
``keypointrcnn_loss`` matches proposals with objects itself.
"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional
from torch.testing import assert_close
from torchvision.models.detection import roi_heads

from setsim_mm.transfer.keypoints import (
    decode_heatmaps,
    encode_keypoints,
    keypoint_loss,
)

S = 56


def boxes_of(number: int, smallest: float = 0.3) -> Tensor:
    """Return random boxes; by default, some have sides below a pixel."""
    corner = 200 * torch.rand(number, 2)
    return torch.cat([corner, corner + smallest + 90 * torch.rand(number, 2)], 1)


def points_in(boxes: Tensor, number: int = 5) -> Tensor:
    extent = boxes[:, None, 2:] - boxes[:, None, :2]
    return boxes[:, None, :2] + extent * torch.rand(len(boxes), number, 2)


@given(st.integers(0, 2**31), st.integers(4, 56))
def test_decoding_is_the_inverse_of_encoding_to_a_cell(seed, size):
    """In boxes whose cells are a pixel or larger, so that no cell is left out."""
    torch.manual_seed(seed)
    boxes = boxes_of(6, smallest=size)
    points = points_in(boxes)
    cells, mask = encode_keypoints(points, torch.ones(6, 5), boxes, size)
    assert mask.all()
    heatmaps = 10.0 * functional.one_hot(cells, size**2).float()

    found, _ = decode_heatmaps(heatmaps.view(6, 5, size, size), boxes)

    cell = (boxes[:, 2:] - boxes[:, :2])[:, None] / size
    assert ((found - points).abs() <= 1.001 * cell).all()


def test_cells_by_hand():
    boxes = torch.tensor([[10.0, 20, 38, 76]])  # 56 cells of half a pixel by a pixel
    places = {
        (10.0, 20.0): 0,
        (10.49, 20.99): 0,
        (10.5, 20.0): 1,
        (10.0, 21.0): 56,
        (37.99, 75.99): 56 * 56 - 1,
        (38.0, 76.0): 56 * 56 - 1,  # the right and lower edge
        (38.0, 20.0): 55,
    }
    points = torch.tensor([list(places)])
    cells, mask = encode_keypoints(points, torch.full(points.shape[:2], 2), boxes, S)
    assert mask.all()
    assert cells.tolist() == [list(places.values())]


def test_only_labelled_key_points_inside_of_the_box_count():
    boxes = torch.tensor([[0.0, 0, 10, 10]])
    points = torch.tensor([[[5.0, 5], [5, 5], [5, 5], [-0.1, 5], [5, 10.1], [11, 11]]])
    flags = torch.tensor([[0.0, 1, 2, 2, 2, 1]])
    cells, mask = encode_keypoints(points, flags, boxes, S)
    assert mask.tolist() == [[False, True, True, False, False, False]]
    assert (cells[~mask] == 0).all()


def test_cells_are_those_of_torchvision():
    boxes = boxes_of(50)
    points = points_in(boxes) + 8 * torch.randn(50, 5, 2)
    points[:, 0] = boxes[:, 2:]
    flags = torch.randint(0, 3, (50, 5)).float()
    expected = roi_heads.keypoints_to_heatmap(
        torch.cat([points, flags[..., None]], -1), boxes, S
    )
    cells, mask = encode_keypoints(points, flags, boxes, S)
    assert 0.2 < mask.float().mean() < 0.8
    assert_close(cells, expected[0])
    assert_close(mask.long(), expected[1])


def test_loss_is_the_mean_over_the_visible():
    heatmaps = torch.randn(3, 2, 4, 4, dtype=torch.float64)
    cells = torch.randint(0, 16, (3, 2))
    mask = torch.tensor([[True, False], [True, True], [False, False]])
    losses = [
        heatmaps[n, k].flatten().logsumexp(0) - heatmaps[n, k].flatten()[cells[n, k]]
        for n in range(3)
        for k in range(2)
        if mask[n, k]
    ]
    assert_close(keypoint_loss(heatmaps, cells, mask), sum(losses) / 3)


def test_loss_is_that_of_torchvision():
    boxes, heatmaps = boxes_of(8), torch.randn(8, 5, S, S)
    truth = torch.cat([points_in(boxes), torch.randint(0, 3, (8, 5, 1)).float()], -1)
    expected = roi_heads.keypointrcnn_loss(
        heatmaps, [boxes[:3], boxes[3:]], [truth[:3], truth[3:]],
        [torch.arange(3), torch.arange(5)],
    )  # fmt: skip
    target = encode_keypoints(truth[..., :2], truth[..., 2], boxes, S)
    assert_close(keypoint_loss(heatmaps, *target), expected)


@pytest.mark.parametrize('number', [0, 2])
def test_loss_without_a_visible_key_point_is_zero_with_a_gradient(number):
    heatmaps = torch.randn(number, 3, 4, 4, requires_grad=True)
    nothing = torch.zeros(number, 3, dtype=torch.long)
    loss = keypoint_loss(heatmaps, nothing, nothing > 0)
    loss.backward()
    assert loss.item() == 0
    assert heatmaps.grad is not None and not heatmaps.grad.any()


def decoded_one_by_one(heatmaps: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Enlarge the heat maps of each box with interpolate, in float64."""
    points, scores = [], []
    for maps, box in zip(heatmaps, boxes, strict=True):
        extent = (box[2:] - box[:2]).clamp(min=1)
        width, height = extent.ceil().int().tolist()
        large = functional.interpolate(maps[None], (height, width), mode='bicubic')[0]
        peaks, index = large.flatten(1).max(1)
        place = torch.stack([index % width, index // width], 1) + 0.5
        points.append(box[:2] + place * extent / torch.tensor([width, height]))
        cells = maps.flatten(1).double()
        scores.append((peaks.double()[:, None] - cells).neg().exp().sum(1).reciprocal())
    return torch.stack(points), torch.stack(scores)


# All boxes in one group, groups of a few, and single boxes.
@pytest.mark.parametrize('max_values', [2**25, 60_000, 1])
def test_decoding_agrees_with_one_box_after_the_other(max_values):
    heatmaps, boxes = 3 * torch.randn(20, 4, 14, 14), boxes_of(20)
    points, scores = decode_heatmaps(heatmaps, boxes, max_values)
    expected = decoded_one_by_one(heatmaps, boxes)
    assert_close(points, expected[0])
    assert_close(scores.double(), expected[1], rtol=1e-4, atol=1e-7)


def test_decoding_agrees_with_torchvision():
    heatmaps, boxes = torch.randn(12, 5, S, S), boxes_of(12)
    points, scores = decode_heatmaps(heatmaps, boxes)
    expected, maxima = roi_heads.heatmaps_to_keypoints(heatmaps, boxes)
    assert_close(points, expected[..., :2])
    logits = scores.log() + heatmaps.flatten(2).logsumexp(-1)
    assert_close(logits, maxima, rtol=1e-4, atol=1e-4)


def test_score_of_a_sharp_heat_map_is_one_and_of_a_flat_one_small():
    heatmaps = torch.zeros(1, 2, S, S)
    heatmaps[0, 0, 20, 30] = 100
    _, scores = decode_heatmaps(heatmaps, torch.tensor([[0.0, 0, S, S]]))
    assert_close(scores, torch.tensor([[1.0, 1 / S**2]]), rtol=1e-3, atol=1e-6)


def test_no_box_has_no_key_point():
    points, scores = decode_heatmaps(torch.zeros(0, 17, S, S), torch.zeros(0, 4))
    assert points.shape == (0, 17, 2) and scores.shape == (0, 17)


def test_half_precision_is_decoded_in_float32():
    heatmaps, boxes = torch.randn(2, 3, S, S).half(), boxes_of(2)
    points, _ = decode_heatmaps(heatmaps, boxes)
    assert_close(points, decode_heatmaps(heatmaps.float(), boxes)[0])
