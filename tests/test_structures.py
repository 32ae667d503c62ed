"""What flows between the parts."""

import numpy as np
import pytest
import torch

from setsim_mm.host import SelfSupDataSample
from setsim_mm.structures import ViewFeatures, stack_view_boxes

CPU = torch.device('cpu')


def sample(boxes=None):
    result = SelfSupDataSample()
    if boxes is not None:
        result.set_metainfo({'view_boxes': boxes})
    return result


def test_view_features():
    view = ViewFeatures(torch.zeros(2, 3, 7, 5), torch.zeros(2, 4))
    assert view.grid == (7, 5)
    assert ViewFeatures(torch.zeros(2, 3, 7, 5)).box is None


@pytest.mark.parametrize('shape', [(3, 7, 5), (2, 3, 35), (1, 2, 3, 7, 5)])
def test_a_feature_map_has_four_dimensions(shape):
    with pytest.raises(ValueError, match=r'feature_map.*\(N, C, H, W\)'):
        ViewFeatures(torch.zeros(shape))


@pytest.mark.parametrize('shape', [(4,), (1, 4), (3, 4), (2, 5), (2, 2, 4)])
def test_a_box_for_each_image(shape):
    with pytest.raises(ValueError, match=r'box.*\(2, 4\)'):
        ViewFeatures(torch.zeros(2, 3, 7, 5), torch.zeros(shape))


@pytest.mark.parametrize('kind', [np.asarray, torch.as_tensor, np.ndarray.tolist])
@pytest.mark.parametrize('views', [1, 2, 3])
def test_boxes_are_stacked_by_view(kind, views):
    boxes = np.random.rand(4, views, 4).astype(np.float32)
    stacked = stack_view_boxes([sample(kind(per_view)) for per_view in boxes], CPU)
    assert len(stacked) == views
    for index, box in enumerate(stacked):
        torch.testing.assert_close(box, torch.from_numpy(boxes[:, index]))


def test_without_boxes():
    assert stack_view_boxes([], CPU) is None
    assert stack_view_boxes(None, CPU) is None
    assert stack_view_boxes([sample(), sample()], CPU) is None
