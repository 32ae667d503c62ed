"""One scope finds our types and the host's, whatever scope a config names."""

import logging

import pytest
import torch
from mmengine.registry import MODELS as ROOT_MODELS
from mmengine.registry import DefaultScope
from mmengine.registry import root as roots
from torch import nn

from setsim_mm import registry as ours
from setsim_mm.hosts.choice import host_name
from setsim_mm.registry import HOOKS, MODELS, TRANSFORMS

OURS_AND_THE_HOSTS = ('SetSim', 'GroupedMoCo', 'MoCo', 'ResNet')
RESNET = dict(type='ResNet', depth=18, stem_channels=4, base_channels=4)


def test_every_registry_of_mmengine_has_one_here():
    """The runner looks hooks, loops and the like up under the default scope."""
    names = [name for name in vars(roots) if name.isupper()]
    found = {name for name in names if hasattr(ours, name)}
    # Functions and tools of inference are asked for by their full names.
    assert set(names) - found == {'FUNCTIONS', 'INFERENCERS'}
    for name in found:
        assert getattr(ours, name).parent is getattr(roots, name)


@pytest.mark.parametrize('name', OURS_AND_THE_HOSTS)
@pytest.mark.parametrize('scope', ['setsim_mm', 'mmselfsup'])
def test_a_prefix(scope, name):
    found = MODELS.get(name)
    assert found is not None
    assert MODELS.get(f'{scope}.{name}') is found
    assert ROOT_MODELS.get(f'{scope}.{name}') is found


@pytest.mark.parametrize('scope', [None, 'setsim_mm', 'mmselfsup'])
def test_a_default_scope(scope, caplog):
    with DefaultScope.overwrite_default_scope(scope), caplog.at_level(logging.WARNING):
        backbone = MODELS.build(RESNET)
        assert type(HOOKS.build(dict(type='PreTrainingCheckHook'))).__name__
    assert type(backbone) is MODELS.get('ResNet')
    assert caplog.records == []


@pytest.mark.parametrize('name', ['SetSim', 'SetSimHead', 'QKIteration', 'GroupedMoCo'])
def test_the_hosts_own_scope_has_our_types(name):
    assert ROOT_MODELS.get(f'{host_name()}.{name}') is MODELS.get(name)


def test_mmcls_is_the_hosts_classification():
    resnet = MODELS.get('mmcls.ResNet')
    assert issubclass(MODELS.get('ResNet'), resnet)
    assert resnet(18).out_indices == (3,)


def test_a_type_of_a_user_is_found_in_both_scopes():
    @MODELS.register_module()
    class MineAlone(nn.Module): ...

    assert MODELS.get('MineAlone') is MineAlone
    assert ROOT_MODELS.get(f'{host_name()}.MineAlone') is MineAlone


def test_unknown_types():
    assert MODELS.get('NoSuchModel') is None
    assert MODELS.get('setsim_mm.NoSuchModel') is None
    with pytest.raises(KeyError, match='NoSuchModel'):
        MODELS.build(dict(type='NoSuchModel'))


def test_names_for_suggestions():
    assert {'SetSim', 'ResNet', 'MoCo'} <= set(MODELS.module_dict)
    assert {'PackSelfSupInputs', 'LoadRGBImage'} <= set(TRANSFORMS.module_dict)


def test_two_views_after_preprocessing():
    """A tuple on one host, a dict on the other."""
    from setsim_mm.models.utils import preprocess

    preprocessor = MODELS.build(
        dict(type='SelfSupDataPreprocessor', mean=(1, 2, 3), std=(4, 4, 4))
    )
    views = [torch.full((2, 3, 5, 5), 9, dtype=torch.uint8) for _ in range(2)]
    inputs, samples = preprocess(preprocessor, dict(inputs=views, data_samples=[1, 2]))
    assert samples == [1, 2]
    assert len(inputs) == 2
    assert inputs[1][1, :, 4, 4].tolist() == [2, 1.75, 1.5]
