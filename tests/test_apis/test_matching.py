"""Matching two images with and without boxes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from setsim_mm.apis import cut_views, init_model, match, show
from setsim_mm.apis.matching import without_geometry
from setsim_mm.models.matchers import (
    GeometricMatcher,
    Set2SetMatcher,
    SortMatcher,
    UnionMatcher,
)
from setsim_mm.models.utils import preprocess
from setsim_mm.structures import ViewFeatures
from setsim_mm.utils import UserError

from .models import tiny_config

RNG = np.random.default_rng(0)


def noise(height: int, width: int) -> np.ndarray:
    return RNG.integers(256, size=(height, width, 3), dtype=np.uint8)


@pytest.fixture
def model() -> nn.Module:
    return init_model(tiny_config())


def test_images_of_different_sizes(model: nn.Module, tmp_path: Path) -> None:
    Image.fromarray(noise(64, 96)).save(tmp_path / 'a.png')
    found = match(model, tmp_path / 'a.png', Image.fromarray(noise(80, 48)))
    assert found.name == 'a.png'
    assert [maps.shape for maps in found.sets] == [(4, 6), (5, 3)]  # stride 16
    assert found.correspondence.shape == (24, 15)
    assert list(found.parts) == ['attention', 'nearest_neighbor']  # and no geometry
    assert len(found.scores) == len(found.pairs) > 0
    assert found.scores.abs().max() <= 1 + 1e-6
    assert isinstance(show(found), Figure)


def test_matcher_is_applied_to_the_backbones_features(model: nn.Module) -> None:
    views = [noise(64, 64) for _ in range(2)]
    boxes = (0.0, 0.0, 0.6, 0.6), (1.0, 0.2, 0.2, 1.0)
    found = match(model, *views, boxes)
    inputs = [torch.from_numpy(v).permute(2, 0, 1)[None] for v in views]
    with torch.no_grad():
        data = dict(inputs=inputs, data_samples=[])
        inputs, _ = preprocess(model.data_preprocessor, data)
        features = [model.backbone(images)[-1] for images in inputs]
    query, key = (
        ViewFeatures(z, torch.tensor([box]))
        for z, box in zip(features, boxes, strict=True)
    )
    assert torch.equal(found.correspondence, model.matcher(query, key)[0])
    assert list(found.parts) == ['attention', 'geometry', 'nearest_neighbor']


def test_an_image_with_itself(model: nn.Module) -> None:
    image = noise(64, 64)
    found = match(model, image, image)
    nearest = found.parts['nearest_neighbor'].nonzero()
    assert torch.equal(nearest[:, 0], nearest[:, 1])
    assert torch.allclose(found.similarity.diagonal(), torch.ones(16))


def test_views_of_one_image(model: nn.Module) -> None:
    found = match(model, *cut_views(model.cfg, noise(200, 300), seed=1))
    assert found.parts['geometry'].any()
    assert found.boxes[0].shape == (4,)


def test_size(model: nn.Module) -> None:
    found = match(model, noise(64, 64), noise(64, 96), size=(48, 80))
    assert [maps.shape for maps in found.sets] == [(3, 5)] * 2


def test_error_for_geometry_without_boxes(model: nn.Module) -> None:
    model.matcher = GeometricMatcher()
    views = noise(64, 64), noise(64, 64)
    with pytest.raises(UserError, match=r'geometry.*give boxes'):
        match(model, *views)
    whole = (0, 0, 1, 1)
    assert match(model, *views, (whole, whole)).correspondence.equal(torch.eye(16) > 0)


def test_without_geometry() -> None:
    assert without_geometry(GeometricMatcher()) is None
    sort = SortMatcher()
    assert without_geometry(sort) is sort
    nested = UnionMatcher([UnionMatcher([GeometricMatcher()]), sort], True)
    rest = without_geometry(nested)
    assert list(rest.matchers) == [sort] and rest.nearest_neighbor
    assert without_geometry(UnionMatcher([GeometricMatcher()])) is None
    both = UnionMatcher([sort, Set2SetMatcher()])
    assert len(without_geometry(both).matchers) == 2
    assert not without_geometry(both).nearest_neighbor
