"""The cosine form of the set loss against loops in float64 and closed forms."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from setsim_mm.models.losses import SetCosineLoss, set_cosine_loss
from setsim_mm.registry import MODELS
from tests.references import cosine, positions
from tests.strategies import loss_inputs, seeds


def reference(query, key, correspondence):
    """-mean over images, positions with a positive, and positives of the cosine."""
    images = []
    for query_map, key_map, mask in zip(query, key, correspondence, strict=True):
        keys = positions(key_map)
        means = []
        for vector, row in zip(positions(query_map), mask.tolist(), strict=True):
            found = [cosine(vector, k) for k, on in zip(keys, row, strict=True) if on]
            if found:
                means.append(-sum(found) / len(found))
        images.append(sum(means) / len(means) if means else 0.0)
    return sum(images) / len(images)


@given(loss_inputs(), st.floats(0.1, 10))
def test_value_equals_reference_whatever_the_lengths(inputs, scale):
    query, key, correspondence, _ = inputs
    loss = set_cosine_loss(scale * query, key / scale, correspondence)
    assert loss.item() == pytest.approx(reference(query, key, correspondence), abs=1e-9)


def test_gradcheck():
    query, key = (torch.randn(2, 3, 2, 2, dtype=torch.float64) for _ in range(2))
    correspondence = torch.rand(2, 4, 4) < 0.4
    assert torch.autograd.gradcheck(
        lambda *leaves: set_cosine_loss(*leaves, correspondence),
        (query.requires_grad_(), key.requires_grad_()),
    )


@given(st.integers(1, 5), st.integers(1, 8), seeds)
def test_one_position_is_simsiams_loss(images, dim, seed):
    torch.manual_seed(seed)
    prediction, projection = torch.randn(images, dim), torch.randn(images, dim)
    loss = set_cosine_loss(
        prediction[:, :, None, None],
        projection[:, :, None, None],
        torch.ones(images, 1, 1, dtype=torch.bool),
    )
    expected = -F.cosine_similarity(prediction, projection).mean()
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize('degrees', [0, 60, 90, 180])
def test_closed_form_of_one_angle(degrees):
    """All positives at one angle: minus its cosine, whatever their number."""
    angle = math.radians(degrees)
    query = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 2, 1)
    key = torch.tensor([math.cos(angle), math.sin(angle)]).view(1, 2, 1, 1)
    key = key.expand(1, 2, 1, 3)
    correspondence = torch.tensor([[[True, False, True], [True, True, True]]])
    loss = set_cosine_loss(query, key, correspondence)
    assert loss.item() == pytest.approx(-math.cos(angle), abs=1e-6)


def test_an_image_without_positives_contributes_0():
    maps = torch.randn(2, 4, 2, 2, requires_grad=True)
    correspondence = torch.zeros(2, 4, 4, dtype=torch.bool)
    correspondence[0] = torch.eye(4, dtype=torch.bool)
    assert set_cosine_loss(maps, maps, correspondence).item() == pytest.approx(-0.5)
    nothing = set_cosine_loss(maps, maps, torch.zeros_like(correspondence))
    assert nothing == 0
    assert not torch.autograd.grad(nothing, maps)[0].any()


def test_half_precision_is_computed_in_float32():
    maps = torch.randn(2, 4, 3, 3)
    correspondence = torch.rand(2, 9, 9) < 0.5
    with torch.autocast('cpu', dtype=torch.bfloat16):
        half = set_cosine_loss(maps.bfloat16(), maps.bfloat16(), correspondence)
    full = set_cosine_loss(
        maps.bfloat16().float(), maps.bfloat16().float(), correspondence
    )
    assert half.dtype == torch.float32
    assert half == full


@pytest.mark.parametrize(
    ('shapes', 'named'),
    [
        (((2, 4, 3), (2, 4, 2, 2), (2, 3, 4)), 'query and key'),
        (((2, 4, 2, 2), (2, 5, 2, 2), (2, 4, 4)), 'query and key'),
        (((2, 4, 2, 2), (2, 4, 2, 3), (2, 4, 4)), r'bool of shape \(2, 4, 6\)'),
    ],
)
def test_shapes_that_do_not_fit(shapes, named):
    query, key, mask = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match=named):
        set_cosine_loss(query, key, mask.bool())


def test_module():
    module = MODELS.build({'type': 'SetCosineLoss'})
    assert isinstance(module, SetCosineLoss)
    maps, mask = torch.randn(1, 4, 2, 2), torch.ones(1, 4, 4, dtype=torch.bool)
    assert module(maps, maps, mask) == set_cosine_loss(maps, maps, mask)
