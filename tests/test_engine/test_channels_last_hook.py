"""The memory format applies to all convolutions and changes no value."""

from copy import deepcopy
from types import SimpleNamespace

import torch
from torch import nn

from setsim_mm.registry import HOOKS, MODELS


def test_the_same_values_in_another_format():
    model = MODELS.build(dict(type='ResNet', depth=18, out_indices=[4]))
    other = deepcopy(model)
    HOOKS.build(dict(type='ChannelsLastHook')).before_run(SimpleNamespace(model=other))
    images = torch.randn(2, 3, 64, 64)
    expected, actual = model(images)[-1], other(images)[-1]
    assert actual.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(actual, expected, rtol=1e-3, atol=1e-4)
    for (name, one), two in zip(
        model.state_dict().items(), other.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5, msg=name)
    weights = [m.weight for m in other.modules() if isinstance(m, nn.Conv2d)]
    assert all(w.is_contiguous(memory_format=torch.channels_last) for w in weights)
