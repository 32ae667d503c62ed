"""A training step on tensors of a GPU without data: devices, and waits for values.

PyTorch's fake tensors have a device and a shape. They raise an error if an operator
mixes devices, or if a shape or a branch depends on a value, for which the CPU would
wait for the GPU.
"""

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import DynamicOutputShapeException, FakeTensorMode

from setsim_mm.registry import MODELS

from .tiny_steps import SET_GEO_NN, overlapping_boxes, samples_with, two_views

GPU = torch.device('cuda')


def on_gpu(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor without data on a GPU; call it in a FakeTensorMode."""
    return torch.empty_strided(
        tensor.shape, tensor.stride(), dtype=tensor.dtype, device=GPU
    )


def losses_on_gpu(
    matcher: dict = SET_GEO_NN, **loss: object
) -> dict[str, torch.Tensor]:
    model = MODELS.build(
        dict(
            type='SetSim',
            backbone=dict(type='TinyBackbone'),
            neck=dict(
                type='SetSimNeck', in_channels=12, hid_channels=8, out_channels=4
            ),
            head=dict(
                type='SetSimHead',
                # By the memory of a GPU otherwise.
                loss=dict(type='SetContrastiveLoss', max_logits=64, **loss),
            ),
            matcher=matcher,
            queue_len=32,
            feat_dim=4,
            bn_group_size=2,
        )
    )
    # The first update reads whether there was one before.
    model.momentum_encoder.update(model.backbone, model.neck)
    views, samples = two_views(), samples_with(overlapping_boxes())
    with FakeTensorMode(allow_non_fake_inputs=True):
        for module in model.modules():
            for name, weight in list(module._parameters.items()):
                if weight is not None:
                    fake = nn.Parameter(on_gpu(weight), weight.requires_grad)
                    module._parameters[name] = fake
            for name, buffer in list(module._buffers.items()):
                if buffer is not None:
                    module._buffers[name] = on_gpu(buffer)
        return model.loss([on_gpu(view) for view in views], samples)


@pytest.mark.parametrize(
    'matcher', [SET_GEO_NN, {'type': 'RandomMatcher'}, {'type': 'SortMatcher'}]
)
def test_a_step_stays_on_the_gpu_and_reads_no_value(matcher, tiny_backbone):
    losses = losses_on_gpu(matcher, count_rows=False)
    assert {value.device.type for value in losses.values()} == {'cuda'}
    assert losses['loss_set'].requires_grad


def test_only_the_number_of_rows_is_read(tiny_backbone):
    with pytest.raises(DynamicOutputShapeException, match='nonzero'):
        losses_on_gpu()
