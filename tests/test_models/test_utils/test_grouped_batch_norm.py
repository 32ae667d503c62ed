"""Grouped layers against PyTorch's layers on each group."""

from copy import deepcopy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from setsim_mm.models.utils.grouped_batch_norm import (
    group_batch_norm,
    number_of_groups,
)


def network(norm=nn.BatchNorm2d, conv=nn.Conv2d):
    torch.manual_seed(0)
    layers = nn.Sequential(conv(3, 4, 1), norm(4), nn.ReLU(), conv(4, 5, 1), norm(5))
    for layer in layers[1], layers[4]:
        nn.init.normal_(layer.weight)
        nn.init.normal_(layer.bias)
        nn.init.normal_(layer.running_mean)
        nn.init.uniform_(layer.running_var, 0.5, 2)
    return layers


def images_of_groups(images, groups):
    """Every G-th image of contiguous maps, or else blocks of consecutive images."""
    order = torch.arange(len(images))
    if images.is_contiguous() and len(images) % groups == 0:
        return [order[group::groups] for group in range(groups)]
    return order.split([(len(images) + group) // groups for group in range(groups)])


def one_by_one(layers, images, groups):
    """Encode each group by a copy of the network; return outputs and the copies."""
    copies = [deepcopy(layers) for _ in range(groups)]
    indices = images_of_groups(images, groups)
    outputs = [copy(images[index]) for copy, index in zip(copies, indices, strict=True)]
    return torch.cat(outputs)[torch.cat(list(indices)).argsort()], copies


def assert_equals_groups(layers, images, group_size, rtol=1e-6):
    groups = number_of_groups(len(images), group_size)
    expected, copies = one_by_one(layers, images, groups)
    weights = torch.randn_like(expected)
    (expected * weights).sum().backward()
    grouped = deepcopy(layers)
    group_batch_norm(group_size, grouped)

    output = grouped(images)
    (output * weights).sum().backward()

    close = dict(rtol=rtol, atol=rtol)
    torch.testing.assert_close(output, expected, **close)
    parameters = zip(*(copy.parameters() for copy in copies), strict=True)
    for ours, theirs in zip(grouped.parameters(), parameters, strict=True):
        torch.testing.assert_close(ours.grad, sum(t.grad for t in theirs), **close)
    for index in (1, 4):
        for name in ('running_mean', 'running_var'):
            each = [getattr(copy[index], name) for copy in copies]
            torch.testing.assert_close(
                getattr(grouped[index], name), torch.stack(each).mean(dim=0), **close
            )
        assert grouped[index].num_batches_tracked == 1


@pytest.mark.parametrize('layout', ['contiguous', 'channels_last'])
@pytest.mark.parametrize(
    ('batch_size', 'group_size'),
    [(8, 4), (12, 4), (8, 8), (6, 32), (7, 32), (13, 4), (4, 2)],
)
def test_statistics_are_those_of_groups_encoded_one_by_one(
    batch_size, group_size, layout
):
    images = torch.randn(batch_size, 3, 4, 6, dtype=torch.float64) * 3 + 1
    if layout == 'channels_last':
        images = images.contiguous(memory_format=torch.channels_last)

    assert_equals_groups(network().double(), images, group_size)


@settings(max_examples=20, deadline=None)
@given(batch_size=st.integers(4, 40), group_size=st.integers(2, 40))
def test_any_batch_in_groups_of_any_size(batch_size, group_size):
    torch.manual_seed(batch_size)
    images = torch.randn(batch_size, 3, 2, 2, dtype=torch.float64)

    assert_equals_groups(network().double(), images, group_size)


def test_groups_of_contiguous_maps_are_interleaved():
    """The layout of the map decides which images share statistics."""
    images = torch.randn(12, 3, 4, 6)
    layer = nn.BatchNorm2d(3, affine=False)
    group_batch_norm(4, layer)

    interleaved = layer(images)
    blocks = layer(images.contiguous(memory_format=torch.channels_last))

    for group in range(3):
        assert interleaved[group::3].mean(dim=(0, 2, 3)).abs().max() < 1e-6
        assert blocks[4 * group :][:4].mean(dim=(0, 2, 3)).abs().max() < 1e-6
    assert blocks[::3].mean(dim=(0, 2, 3)).abs().max() > 1e-3


@pytest.mark.parametrize('layout', ['contiguous', 'channels_last'])
def test_gradients_are_those_of_finite_differences(layout):
    images = torch.randn(4, 2, 2, 3, dtype=torch.float64)
    if layout == 'channels_last':
        images = images.contiguous(memory_format=torch.channels_last)
    layer = nn.BatchNorm2d(2).double()
    group_batch_norm(2, layer)

    assert torch.autograd.gradcheck(layer, images.requires_grad_())


@pytest.mark.parametrize('layout', ['contiguous', 'channels_last'])
def test_an_in_place_relu_may_follow(layout):
    """Without copies: the output is no view, of which autograd copies gradients."""
    images = torch.randn(4, 2, 2, 3, dtype=torch.float64)
    if layout == 'channels_last':
        images = images.contiguous(memory_format=torch.channels_last)
    gradients = []
    for inplace in (False, True):
        layers = nn.Sequential(nn.BatchNorm2d(2).double(), nn.ReLU(inplace))
        group_batch_norm(2, layers)
        leaf = images.clone().requires_grad_()
        assert not layers[0](leaf)._is_view()
        layers(leaf).pow(2).sum().backward()
        gradients.append([leaf.grad, layers[0].weight.grad, layers[0].bias.grad])
    assert all(torch.equal(*pair) for pair in zip(*gradients, strict=True))


def test_single_precision_agrees_to_a_millionth():
    images = torch.randn(64, 3, 5, 5)
    grouped = network()
    group_batch_norm(32, grouped)

    expected, _ = one_by_one(network(), images, 2)

    torch.testing.assert_close(grouped(images), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ('norm', 'conv', 'shape'),
    [
        (nn.BatchNorm1d, nn.Linear, (8, 3)),
        (nn.BatchNorm1d, nn.Conv1d, (8, 3, 5)),
        (nn.BatchNorm3d, nn.Conv3d, (8, 3, 2, 3, 4)),
    ],
)
def test_vectors_sequences_and_volumes(norm, conv, shape):
    if conv is nn.Linear:
        layers = nn.Sequential(
            nn.Linear(3, 4), norm(4), nn.ReLU(), nn.Linear(4, 5), norm(5)
        )
    else:
        layers = network(norm, conv)

    assert_equals_groups(layers.double(), torch.randn(shape).double(), 4)


def test_half_precision_under_autocast():
    images = torch.randn(8, 3, 4, 4)
    grouped = network()
    group_batch_norm(4, grouped)
    with torch.autocast('cpu', torch.bfloat16):
        expected, _ = one_by_one(network(), images, 2)

        output = grouped(images)

    assert output.dtype == expected.dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), expected.float(), rtol=0.02, atol=0.02)
    assert grouped[1].running_mean.dtype == torch.float32


@pytest.mark.parametrize('batch_size', [1, 2, 3])
def test_batch_too_small_for_two_groups_is_one(batch_size):
    images = torch.randn(batch_size, 3, 4, 4)
    grouped = network()
    group_batch_norm(32, grouped)

    assert torch.equal(grouped(images), network()(images))


def test_groups_change_the_output():
    images = torch.randn(8, 3, 4, 4)
    grouped = network()
    group_batch_norm(4, grouped)

    assert not torch.allclose(grouped(images), network()(images), atol=0.01)


def test_evaluation_and_state_dict_are_pytorchs():
    plain, grouped = network(), network()
    group_batch_norm(4, grouped)
    names = list(plain.state_dict())

    assert list(grouped.state_dict()) == names
    grouped.load_state_dict(plain.state_dict(), strict=True)
    plain.load_state_dict(grouped.state_dict(), strict=True)
    images = torch.randn(8, 3, 4, 4)
    assert torch.equal(grouped.eval()(images), plain.eval()(images))


def test_cumulative_average_and_layers_without_statistics():
    images = [torch.randn(8, 3, 4, 4) for _ in range(3)]
    layer = nn.BatchNorm2d(3, momentum=None)
    bare = nn.BatchNorm2d(3, affine=False, track_running_stats=False)
    group_batch_norm(4, layer, bare)

    for batch in images:
        layer(batch)
        outputs = bare(batch)

    means = [batch.mean(dim=(0, 2, 3)) for batch in images]
    torch.testing.assert_close(layer.running_mean, torch.stack(means).mean(dim=0))
    assert outputs[::2].mean(dim=(0, 2, 3)).abs().max() < 1e-6


def test_other_layers_do_not_change():
    layers = nn.ModuleList([nn.SyncBatchNorm(3), nn.GroupNorm(1, 3), nn.LayerNorm(3)])
    kinds = [type(layer) for layer in layers]

    group_batch_norm(4, layers)
    plain = nn.BatchNorm2d(3)
    group_batch_norm(None, plain)

    assert [type(layer) for layer in layers] == kinds
    assert type(plain) is nn.BatchNorm2d


@pytest.mark.parametrize('group_size', [1, 0, -3])
def test_group_without_a_variance_raises_an_error(group_size):
    with pytest.raises(ValueError, match=f'bn_group_size={group_size} '):
        group_batch_norm(group_size, nn.BatchNorm2d(3))
