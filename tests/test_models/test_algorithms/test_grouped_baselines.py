"""Groups and shuffled keys in one process, in SetSim and in mmselfsup's baselines."""

import pytest
import torch
from torch import nn

from setsim_mm.models.utils.grouped_batch_norm import GroupedBatchNorm
from setsim_mm.registry import MODELS
from setsim_mm.utils.random_state import seed_step
from tests.test_engine.training_runs import MODELS as CONFIGS
from tests.test_engine.training_runs import RESNET

BATCH = 8
ALGORITHMS = ['SetSim', 'GroupedMoCo', 'GroupedDenseCL']


def build(algorithm, width=RESNET['base_channels'], **options):
    torch.manual_seed(0)
    cfg = dict(CONFIGS[algorithm.removeprefix('Grouped')], type=algorithm)
    cfg['backbone'] = dict(RESNET, stem_channels=width, base_channels=width)
    cfg['neck'] = dict(cfg['neck'], in_channels=8 * width)
    return MODELS.build(dict(cfg, queue_len=16, feat_dim=8, **options)).train()


def key_backbone(model):
    if hasattr(model, 'momentum_encoder'):
        return model.momentum_encoder.backbone
    return model.encoder_k.module[0]


def noted_inputs(module):
    """Return a list that collects the inputs of a backbone's first layer."""
    seen = []
    module.conv1.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    return seen


def views():
    torch.manual_seed(1)
    return [torch.randn(BATCH, 3, 64, 64) for _ in range(2)]


@pytest.mark.parametrize('algorithm', ALGORITHMS)
def test_keys_are_encoded_in_another_order_and_groups(algorithm):
    model, images = build(algorithm, bn_group_size=4), views()
    queries, keys = noted_inputs(model.backbone), noted_inputs(key_backbone(model))

    model.loss(images, [])

    expected = [0, 1] if algorithm == 'SetSim' else [0]
    assert all(torch.equal(queries[i], images[i]) for i in expected)
    found = keys[0]
    assert not torch.equal(found, images[1])
    as_sets = [
        {tuple(image.flatten()[:5].tolist()) for image in batch}
        for batch in (found, images[1])
    ]
    assert as_sets[0] == as_sets[1]
    layers = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert layers and all(isinstance(layer, GroupedBatchNorm) for layer in layers)


@pytest.mark.parametrize('algorithm', ALGORITHMS)
def test_keys_return_to_their_queries(algorithm):
    """With one group for all, shuffling must not change the loss."""
    images = views()
    losses = []
    for size in (None, BATCH):
        model = build(algorithm, bn_group_size=size)
        for layer in model.modules():
            if isinstance(layer, GroupedBatchNorm):
                layer.group_size = None
                layer.__class__ = nn.BatchNorm2d
        losses.append(model.loss(images, []))
    for name, loss in losses[0].items():
        if name.startswith('loss'):
            torch.testing.assert_close(losses[1][name], loss, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('algorithm', ALGORITHMS)
def test_groups_change_the_loss(algorithm):
    images = views()
    with_groups = build(algorithm, bn_group_size=4).loss(images, [])
    without = build(algorithm, bn_group_size=None).loss(images, [])

    name = next(name for name in without if name.startswith('loss'))
    assert not torch.isclose(with_groups[name], without[name], rtol=1e-4)


@pytest.mark.parametrize('algorithm', ['GroupedMoCo', 'GroupedDenseCL'])
def test_baselines_without_groups_are_mmselfsups(algorithm):
    ours = build(algorithm, bn_group_size=None)
    theirs = build(algorithm.removeprefix('Grouped'))
    images = views()

    losses, expected = (model.loss(images, []) for model in (ours, theirs))

    assert losses.keys() == expected.keys()
    assert all(torch.equal(losses[name], expected[name]) for name in losses)


@pytest.mark.parametrize('algorithm', ALGORITHMS)
def test_checkpoints_load_with_and_without_groups(algorithm):
    grouped, plain = build(algorithm), build(algorithm, bn_group_size=None)

    assert list(grouped.state_dict()) == list(plain.state_dict())
    grouped.load_state_dict(plain.state_dict(), strict=True)
    images = views()[0]
    for model in (grouped, plain):
        model.eval()
    outputs = [model.backbone(images)[-1] for model in (grouped, plain)]
    assert torch.equal(*outputs)


def test_default_is_the_papers_images_per_gpu():
    assert [build(algorithm).bn_group_size for algorithm in ALGORITHMS] == [32] * 3


@pytest.mark.parametrize('algorithm', ALGORITHMS)
def test_group_of_one_image_raises_an_error(algorithm):
    with pytest.raises(ValueError, match='bn_group_size=1 '):
        build(algorithm, bn_group_size=1)


@pytest.mark.parametrize('algorithm', ALGORITHMS)
@pytest.mark.parametrize('batch', [BATCH, 5])
def test_channels_last_and_half_precision_take_the_same_step(
    algorithm, batch, monkeypatch
):
    """A full batch, and a last one that is not a multiple of the groups."""
    # Channels-last maps are normalised in blocks.
    monkeypatch.setattr(
        GroupedBatchNorm, '_normalize_interleaved', GroupedBatchNorm._normalize_blocks
    )
    if batch == 5 and algorithm != 'SetSim':
        pytest.skip("mmselfsup's queues take whole batches only")
    images = [view[:batch] for view in views()]
    losses = {}
    for kind in ('plain', 'channels last', 'bfloat16'):
        # PyTorch 2.11 corrupts memory with 4 channels-last channels on a CPU.
        model = build(algorithm, width=8, bn_group_size=4)
        seed_step(seed=0, step=0, rank=0)  # the same order of the keys
        if kind == 'channels last':
            model.to(memory_format=torch.channels_last)
        with torch.autocast('cpu', torch.bfloat16, enabled=kind == 'bfloat16'):
            output = model.loss(images, [])
        losses[kind] = sum(v for name, v in output.items() if name.startswith('loss'))
        losses[kind].backward()
        assert all(
            p.grad is None or p.grad.isfinite().all() for p in model.parameters()
        )

    torch.testing.assert_close(
        losses['channels last'], losses['plain'], rtol=1e-3, atol=1e-3
    )
    torch.testing.assert_close(
        losses['bfloat16'].float(), losses['plain'], rtol=0.1, atol=0.1
    )
