"""The momentum encoder against its formula."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from setsim_mm.models.utils import MomentumEncoder


def networks():
    """A backbone with BatchNorm and a neck."""
    backbone = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    return backbone, nn.Linear(4, 2)


def perturb(*modules):
    """Change all parameters."""
    with torch.no_grad():
        for module in modules:
            for parameter in module.parameters():
                parameter.add_(torch.randn_like(parameter))


def parameters_of(*modules):
    return [p.detach().clone() for module in modules for p in module.parameters()]


def assert_parameters(encoder, expected):
    actual = parameters_of(encoder.backbone, encoder.neck)
    for one, other in zip(actual, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize('momentum', [0, 0.5, 0.999, 1])
def test_first_update_copies_and_later_ones_average(momentum):
    source = networks()
    encoder = MomentumEncoder(*source, momentum)
    perturb(*source)
    encoder.update(*source)
    expected = parameters_of(*source)
    assert_parameters(encoder, expected)
    for _ in range(3):
        perturb(*source)
        encoder.update(*source)
        expected = [
            momentum * old + (1 - momentum) * new
            for old, new in zip(expected, parameters_of(*source), strict=True)
        ]
        assert_parameters(encoder, expected)
    assert encoder.updates == 4


def test_first_update_copies_what_was_loaded_after_construction():
    source, pretrained = networks(), networks()
    encoder = MomentumEncoder(*source)
    for module, other in zip(source, pretrained, strict=True):
        module.load_state_dict(other.state_dict())
    encoder.update(*source)
    assert_parameters(encoder, parameters_of(*pretrained))


def test_the_source_is_not_changed():
    source = networks()
    encoder = MomentumEncoder(*source, 0.5)
    perturb(*source)
    before = parameters_of(*source)
    for _ in range(2):
        encoder.update(*source)
    for one, other in zip(parameters_of(*source), before, strict=True):
        assert one.equal(other)


def test_nothing_is_shared_with_the_source():
    source = networks()
    encoder = MomentumEncoder(*source)
    encoder.update(*source)
    storages = {p.data_ptr() for module in source for p in module.parameters()}
    assert not storages & {p.data_ptr() for p in encoder.parameters()}


def test_batch_norm_statistics_of_its_own():
    source = networks()
    encoder = MomentumEncoder(*source, 0.5)
    encoder.update(*source)
    source[0](torch.randn(4, 3, 8, 8) * 5 + 3)
    encoder.update(*source)
    assert encoder.backbone[1].running_mean.equal(torch.zeros(4))
    assert not source[0][1].running_mean.equal(torch.zeros(4))
    encoder.backbone(torch.randn(4, 3, 8, 8))
    assert encoder.backbone[1].num_batches_tracked == 1


def test_no_gradient():
    source = networks()
    encoder = MomentumEncoder(*source)
    for _ in range(2):
        encoder.update(*source)
    assert not any(p.requires_grad for p in encoder.parameters())
    assert all(p.requires_grad for module in source for p in module.parameters())
    assert all(p.grad_fn is None for p in encoder.parameters())


def test_resuming_averages_instead_of_copying():
    source = networks()
    encoder = MomentumEncoder(*source, 0.5)
    encoder.update(*source)
    resumed_source = deepcopy(source)
    resumed = MomentumEncoder(*networks(), 0.5)
    resumed.load_state_dict(encoder.state_dict())
    assert resumed.updates == 1
    perturb(*source)
    for module, other in zip(resumed_source, source, strict=True):
        module.load_state_dict(other.state_dict())
    encoder.update(*source)
    resumed.update(*resumed_source)
    assert_parameters(resumed, parameters_of(encoder.backbone, encoder.neck))
    assert resumed.updates == 2


def test_loading_an_untrained_state_copies_again():
    """The first update after loading the first checkpoint copies."""
    source = networks()
    encoder = MomentumEncoder(*source, 0.5)
    untrained = deepcopy(encoder.state_dict())
    encoder.update(*source)
    encoder.load_state_dict(untrained)
    perturb(*source)
    encoder.update(*source)
    assert_parameters(encoder, parameters_of(*source))


@pytest.mark.parametrize('momentum', [-0.1, 1.001, float('nan')])
def test_momentum_outside_0_1(momentum):
    with pytest.raises(ValueError, match=r'momentum.*0 and 1'):
        MomentumEncoder(*networks(), momentum)


def test_repr_shows_the_momentum():
    assert 'momentum=0.99' in repr(MomentumEncoder(*networks(), 0.99))
