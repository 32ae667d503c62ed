"""Key points as cells of heat maps, and heat maps as key points: plain functions.

A heat map of S x S cells covers the box of a region. The definitions are those of
detectron2 (``structures/keypoints.py``): coordinates are continuous, so that the centre
of pixel 0 is 0.5, and cell i covers [i, i + 1) S-ths of the box.

Shapes: N regions, K key points, S cells on a side.
"""

import torch
from torch import Tensor
from torch.nn import functional

# Values of the enlarged heat maps that are in memory at the same time; 2^25 are 128 MB.
MAX_VALUES = 2**25


def encode_keypoints(
    keypoints: Tensor, visible: Tensor, boxes: Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """Return the cell of each key point, and whether it counts in the loss.

    Args:
        keypoints (Tensor): x and y in the image, (N, K, 2).
        visible (Tensor): COCO's flag, (N, K): 0 not labelled, 1 occluded, 2 visible.
        boxes (Tensor): The regions as x1, y1, x2, y2, (N, 4).
        size (int): S.

    Returns:
        tuple[Tensor, Tensor]: The cells ``y * S + x``, (N, K), int64, and a mask of the
        labelled key points inside of their box, (N, K), bool. Other cells are 0. A key
        point on the right or lower edge of the box belongs to the last cell.
    """
    corner, opposite = boxes[:, None, :2], boxes[:, None, 2:]  # (N, 1, 2)
    cells = ((keypoints - corner) * (size / (opposite - corner))).floor().long()
    cells = torch.where(keypoints == opposite, size - 1, cells)  # (N, K, 2)
    mask = ((cells >= 0) & (cells < size)).all(-1) & (visible > 0)  # (N, K)
    return (cells[..., 1] * size + cells[..., 0]).where(mask, 0), mask


def keypoint_loss(heatmaps: Tensor, cells: Tensor, mask: Tensor) -> Tensor:
    """Return the cross-entropy over the cells, averaged over the key points that count.

    Args:
        heatmaps (Tensor): Logits, (N, K, S, S).
        cells (Tensor): The true cells, (N, K); see :func:`encode_keypoints`.
        mask (Tensor): The key points that count, (N, K), bool.

    Returns:
        Tensor: The loss, a scalar. It is 0, with a gradient of 0, if none counts.
    """
    logits = heatmaps.flatten(2)[mask]  # (visible, S * S)
    total = functional.cross_entropy(logits, cells[mask], reduction='sum')
    return total / mask.sum().clamp(min=1)


def decode_heatmaps(
    heatmaps: Tensor, boxes: Tensor, max_values: int = MAX_VALUES
) -> tuple[Tensor, Tensor]:
    """Return the place of the maximum of each heat map, enlarged to its box.

    The bicubic interpolation is that of :func:`torch.nn.functional.interpolate` with
    ``align_corners=False``. All boxes of a group are enlarged at once, each to its own
    size. The boxes are grouped by their area, so that memory is bounded.

    Args:
        heatmaps (Tensor): Logits, (N, K, S, S).
        boxes (Tensor): x1, y1, x2, y2 in pixels, (N, 4). Sides below a pixel count as
            one pixel.
        max_values (int): Number of interpolated values in a group; a single box may
            have more. Defaults to ``MAX_VALUES``.

    Returns:
        tuple[Tensor, Tensor]: x and y of the centre of the best pixel, (N, K, 2), and
        scores, (N, K): the exponential of the maximum, divided by the sum of the
        exponentials over the S x S cells.
    """
    heatmaps, boxes = heatmaps.detach().float(), boxes.detach().float()
    extent = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)  # (N, 2)
    pixels = extent.ceil().long()
    order = pixels.prod(1).argsort()
    places = heatmaps.new_zeros((*heatmaps.shape[:2], 2), dtype=torch.long)
    peaks = heatmaps.new_zeros(heatmaps.shape[:2])
    if len(boxes):
        largest = heatmaps.shape[1] * pixels.amax(0).prod().item()
        for group in order.split(max(1, max_values // largest)):
            places[group], peaks[group] = _maxima(heatmaps[group], pixels[group])
    points = (places + 0.5) * (extent / pixels)[:, None] + boxes[:, None, :2]
    return points, (peaks - heatmaps.flatten(2).logsumexp(-1)).exp()


def _maxima(heatmaps: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Return x and y of the maxima as pixels of each box, and their values.

    Args:
        heatmaps (Tensor): (N, K, S, S), N > 0.
        pixels (Tensor): Width and height of each box, (N, 2), int64.
    """
    width, height = pixels.amax(0).tolist()
    # Beyond its own size, each map repeats its last column and row. The first maximum
    # is therefore inside of the box.
    xs = _sampling_places(pixels[:, 0], width)[:, None].expand(-1, height, -1)
    ys = _sampling_places(pixels[:, 1], height)[:, :, None].expand(-1, -1, width)
    enlarged = functional.grid_sample(
        heatmaps,
        torch.stack([xs, ys], -1),  # (N, height, width, 2)
        mode='bicubic',
        padding_mode='border',
        align_corners=False,
    )
    peaks, index = enlarged.flatten(2).max(-1)  # (N, K)
    places = torch.stack([index % width, index // width], -1)
    return places.minimum(pixels[:, None] - 1), peaks


def _sampling_places(pixels: Tensor, number: int) -> Tensor:
    """Return the centres of pixels on an axis from -1 to 1, (N, number)."""
    place = torch.arange(number, device=pixels.device).minimum(pixels[:, None] - 1)
    return (2 * place + 1) / pixels[:, None] - 1
