"""The authors' config from features to gradient, against their program's values.

Each step has golden tests of its own beside its module; here they are one chain.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from mmengine.config import Config, ConfigDict
from torch import Tensor

from setsim_mm.registry import MATCHERS, MODELS
from setsim_mm.structures import ViewFeatures
from tests.golden_cases import COMBINATIONS, FOLDER, NUMBERS, golden_case
from tests.references import (
    as_mask,
    corresponding_sets,
    geometric_pairs,
    with_nearest_neighbors,
)

CONFIG = Path(__file__).parents[2] / 'configs/selfsup/setsim_r50_200e_in1k_authors.py'


def authors_model(golden: dict, combination: str) -> ConfigDict:
    """The model of the authors' config, with a case's settings and switches."""
    model = Config.fromfile(CONFIG).model
    sets, geometry = model.matcher.matchers
    sets.threshold = golden['attention_threshold']
    sets.min_similarity = golden['min_similarity']
    geometry.radius = golden['geometry_radius']
    parts = combination.split('_')
    model.matcher.matchers = [sets] * ('set' in parts) + [geometry] * ('geo' in parts)
    model.matcher.nearest_neighbor = 'nn' in parts
    model.head.loss.temperature = golden['temperature']
    return model


def answer(model: ConfigDict, golden: dict) -> tuple[Tensor, float, Tensor]:
    """Mask, loss and gradient that the package gives for the inputs of a case."""
    matcher, loss_module = MATCHERS.build(model.matcher), MODELS.build(model.head.loss)
    query, key = (
        ViewFeatures(golden[f'z_{side}'], golden[f'box_{side}']) for side in 'qk'
    )
    correspondence = matcher(query, key)
    p_q = golden['p_q'].clone().requires_grad_()
    loss = loss_module(p_q, golden['p_k'], correspondence, golden['queue'])
    loss.backward()
    return correspondence, loss.item(), p_q.grad


def agreements(
    answered: tuple[Tensor, float, Tensor], golden: dict, combination: str
) -> tuple[bool, bool, bool]:
    """Return True if mask, loss and gradient equal those of the authors' program."""
    mask, loss, gradient = answered
    expected = golden[f'grad_{combination}']
    return (
        mask.equal(golden[f'mask_{combination}']),
        loss == pytest.approx(golden[f'loss_{combination}'], rel=1e-5),
        bool((gradient - expected).abs().max() <= 1e-5 * expected.abs().max()),
    )


@pytest.mark.parametrize('combination', COMBINATIONS)
def test_from_features_to_gradient(combination, golden):
    answered = answer(authors_model(golden, combination), golden)
    assert agreements(answered, golden, combination) == (True, True, True)


def set_matcher(model: ConfigDict) -> ConfigDict:
    return model.matcher.matchers[0]


# Changes of the model by other interpretations of the method.
CONTROLS: dict[str, Callable[[ConfigDict], None]] = {
    'sum of |z|': lambda model: set_matcher(model).update(power=1),
    'threshold': lambda model: set_matcher(model).update(
        threshold=set_matcher(model).threshold + 0.05
    ),
    'similarity': lambda model: set_matcher(model).update(min_similarity=None),
    'radius': lambda model: model.matcher.matchers[1].update(
        radius=model.matcher.matchers[1].radius + 0.05
    ),
    'neighbours': lambda model: model.matcher.update(nearest_neighbor=False),
    'no geometry': lambda model: model.matcher.matchers.pop(),
    'temperature': lambda model: model.head.loss.update(temperature=0.2001),
}


@pytest.mark.parametrize('control', CONTROLS)
def test_another_setting_disagrees(control):
    """In a case at least: only case 2 has pairs that the least similarity drops."""
    agreed = []
    for number in NUMBERS:
        golden = golden_case(number)
        model = authors_model(golden, 'set_geo_nn')
        CONTROLS[control](model)
        agreed.append(agreements(answer(model, golden), golden, 'set_geo_nn'))
    mask, loss, gradient = (all(cases) for cases in zip(*agreed, strict=True))
    assert (mask, loss, gradient) == (control == 'temperature', False, False)


@pytest.mark.parametrize('combination', COMBINATIONS)
def test_the_reference_agrees(combination, golden):
    """The loops of tests/references.py, which other tests compare with."""
    grid, parts = (7, 7), combination.split('_')
    for image in range(4):
        maps = golden['z_q'][image], golden['z_k'][image]
        boxes = golden['box_q'][image].tolist(), golden['box_k'][image].tolist()
        pairs = set()
        if 'set' in parts:
            pairs |= corresponding_sets(
                *maps,
                golden['attention_threshold'],
                power=2,
                min_similarity=golden['min_similarity'],
            )
        if 'geo' in parts:
            pairs |= geometric_pairs(
                boxes[0], grid, boxes[1], grid, golden['geometry_radius']
            )
        if 'nn' in parts:
            pairs = with_nearest_neighbors(pairs, *maps)
        assert as_mask(pairs, 49, 49).equal(golden[f'mask_{combination}'][image])


def test_the_readme_names_every_key(golden):
    text = (FOLDER / 'README.md').read_text().split('## Keys')[1].split('\n## ')[0]
    cells = re.findall(r'^\| (`.*?) \|', text, re.M)
    names = {name for cell in cells for name in re.findall('`(.*?)`', cell)}
    patterns = {name for name in names if '*' in name}
    listed = names - patterns | {
        name.replace('*', combination)
        for name in patterns
        for combination in COMBINATIONS
    }
    assert listed == set(golden)
