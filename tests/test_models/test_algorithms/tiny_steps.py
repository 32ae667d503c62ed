"""A backbone, views and boxes for a small step in plain torch."""

import torch
from torch import nn

from setsim_mm.host import SelfSupDataSample

IMAGES, THRESHOLD, RADIUS = 3, 0.6, 0.7
SET = {'type': 'Set2SetMatcher', 'threshold': THRESHOLD}
GEO = {'type': 'GeometricMatcher', 'radius': RADIUS}
SET_GEO_NN = {
    'type': 'UnionMatcher',
    'matchers': [SET, GEO],
    'nearest_neighbor': True,
}


class TinyBackbone(nn.Module):
    """Cells of 16 pixels, 12 channels, BatchNorm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=4, stride=4)
        self.norm1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 12, kernel_size=4, stride=4)
        self.norm2 = nn.BatchNorm2d(12)

    def forward(self, images):
        hidden = self.norm1(self.conv1(images)).relu()
        return (hidden, self.norm2(self.conv2(hidden)).relu())


def two_views(size=(64, 64), other_size=None):
    return [torch.randn(IMAGES, 3, *s) for s in (size, other_size or size)]


def overlapping_boxes():
    """(N, 2, 4): both views of each image, the second of image 1 flipped."""
    boxes = torch.tensor(
        [
            [[0.0, 0.0, 0.5, 0.5], [0.1, 0.2, 0.7, 0.8]],
            [[0.3, 0.3, 0.9, 0.9], [1.0, 0.2, 0.4, 0.8]],
            [[0.0, 0.0, 0.2, 0.2], [0.7, 0.7, 0.9, 0.9]],
        ]
    )
    return boxes


def samples_with(boxes):
    samples = []
    for per_view in boxes.numpy():
        samples.append(SelfSupDataSample())
        samples[-1].set_metainfo({'view_boxes': per_view})
    return samples
