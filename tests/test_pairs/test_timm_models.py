"""Encoders from timm, where it is installed, and without it."""

from importlib.util import find_spec

import pytest
import torch

from setsim_mm.evaluation import last_feature_map
from setsim_mm.pairs import load_timm_encoder, timm_models
from setsim_mm.utils import UserError


@pytest.mark.skipif(find_spec('timm') is None, reason='needs timm')
def test_features_are_those_before_the_classifier(tmp_path):
    import timm

    name = 'test_resnet'  # a small one for tests
    model = timm.create_model(name).eval()
    torch.save(model.state_dict(), tmp_path / 'weights.pth')
    encoder = load_timm_encoder(name, tmp_path / 'weights.pth')
    images = torch.randint(256, (2, 3, 64, 64), dtype=torch.uint8)
    mean, std = (
        torch.tensor(model.pretrained_cfg[key]).view(3, 1, 1) for key in ('mean', 'std')
    )
    expected = model.forward_features((images / 255 - mean) / std).mean(dim=(2, 3))
    found = last_feature_map(encoder.backbone(encoder.preprocess(images)))
    torch.testing.assert_close(found.mean(dim=(2, 3)), expected, atol=1e-4, rtol=1e-4)
    with pytest.raises(UserError, match='no model'):
        load_timm_encoder('resnet1', tmp_path / 'weights.pth')
    with pytest.raises(UserError, match='no file of weights'):
        load_timm_encoder(name, tmp_path / 'others.pth')


def test_without_timm(monkeypatch):
    monkeypatch.setattr(timm_models, 'find_spec', lambda name: None)
    with pytest.raises(UserError, match='pip install timm'):
        load_timm_encoder('resnet18', 'weights.pth')
