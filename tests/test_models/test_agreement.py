"""The authors' config from features to gradient, against what their program answers.

Each step has golden tests of its own beside its module; here they are one chain.
"""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmselfsup.registry import MODELS

from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures

CONFIG = Path(__file__).parents[2] / 'configs/selfsup/setsim_r50_200e_in1k_authors.py'


@pytest.mark.parametrize('case', ['set', 'geo', 'set_geo', 'set_nn', 'set_geo_nn'])
def test_from_features_to_gradient(case, golden):
    cfg = Config.fromfile(CONFIG).model
    sets, geometry = cfg.matcher.matchers
    sets.threshold = golden['attention_threshold']
    sets.min_similarity = golden['min_similarity']
    geometry.radius = golden['geometry_radius']
    parts = case.split('_')
    cfg.matcher.matchers = [sets] * ('set' in parts) + [geometry] * ('geo' in parts)
    cfg.matcher.nearest_neighbor = 'nn' in parts
    cfg.head.loss.temperature = golden['temperature']

    matcher, loss_module = MATCHERS.build(cfg.matcher), MODELS.build(cfg.head.loss)
    query, key = (
        ViewFeatures(golden[f'z_{side}'], golden[f'box_{side}']) for side in 'qk'
    )
    correspondence = matcher(query, key)
    p_q = golden['p_q'].clone().requires_grad_()
    loss = loss_module(p_q, golden['p_k'], correspondence, golden['queue'])
    loss.backward()

    assert correspondence.equal(golden[f'mask_{case}'])
    assert loss.item() == pytest.approx(golden[f'loss_{case}'], rel=1e-5)
    expected = golden[f'grad_{case}']
    torch.testing.assert_close(
        p_q.grad, expected, rtol=0, atol=1e-5 * expected.abs().max().item()
    )
