"""BatchNorm statistics are recomputed before an evaluation; training is unchanged."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmengine.hooks import Hook
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from torch import Tensor, nn
from torch.testing import assert_close

from setsim_mm.engine.runner import DurableRunner
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.precise_batch_norm import (
    PreciseBatchNormHook,
    recompute_batch_norm,
)
from setsim_mm.transfer.weights import transferred_configs
from tests.benchmark_configs import C4, FOLDER, FPN
from tests.test_engine.test_runner.runs import (
    KillHook,
    assert_same,
    state_of,
)
from tests.test_engine.test_runner.test_two_processes import in_two_processes

from .noisy_training import config, train

DEMO = str(FOLDER / '_base_' / 'scales' / 'demo_r18.py')


def batches_of(*sizes: int) -> list[Tensor]:
    torch.manual_seed(len(sizes))
    return [3 + 2 * torch.randn(size, 4, 5, 6) for size in sizes]


def assert_statistics(layer: nn.Module, inputs: Tensor) -> None:
    """Compare with the mean and the variance of all inputs in float64."""
    channels = inputs.double().transpose(0, 1).flatten(1)
    assert_close(layer.running_mean.double(), channels.mean(1), atol=1e-6, rtol=1e-6)
    variance = channels.var(1, correction=0)
    assert_close(layer.running_var.double(), variance, atol=1e-6, rtol=1e-6)


def test_statistics_are_those_of_all_images():
    """Batches have different sizes, and a small one has a small weight."""
    layer = nn.BatchNorm2d(4)
    batches = batches_of(2, 7, 1)
    layer(batches[0])  # this running average must have no effect

    recompute_batch_norm(layer, batches, layer)

    assert_statistics(layer, torch.cat(batches))
    assert layer.momentum == 0.1
    assert layer.num_batches_tracked == 1
    assert layer.weight.grad is None
    assert layer.training


def test_later_layers_get_batches_normalised_by_their_own_statistics():
    """As in training, and not by the new statistics of the layer before."""
    first, second = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
    nn.init.uniform_(first.weight)
    model = nn.Sequential(first, nn.ReLU(), second)
    batches = batches_of(3, 3)

    recompute_batch_norm(model, batches, model)

    seen = []
    for batch in batches:
        mean = batch.double().mean((0, 2, 3), keepdim=True)
        std = (batch.double().var((0, 2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
        scale = first.weight.detach().double()[:, None, None]
        seen.append((scale * (batch - mean) / std).clamp(min=0))
    assert_statistics(second, torch.cat(seen))


def test_layers_that_are_frozen_or_without_input_keep_their_statistics():
    frozen, unused, unfed = (nn.BatchNorm2d(4) for _ in range(3))
    for layer in (frozen, unused, unfed):
        nn.init.constant_(layer.running_mean, 5.0)
    frozen.eval()
    model = nn.ModuleList([frozen, unused, unfed])

    def forward(batch: Tensor) -> None:
        frozen(batch)
        unfed(batch[:0])  # no object, no region for the masks

    recompute_batch_norm(model, batches_of(2, 2), forward)

    for layer in (frozen, unused, unfed):
        assert_close(layer.running_mean, torch.full((4,), 5.0))
        assert_close(layer.running_var, torch.ones(4))


def test_zero_batches_is_an_error():
    with pytest.raises(ValueError, match='num_batches'):
        PreciseBatchNormHook(0)


def recompute_in_rank(rank: int) -> None:
    layer = nn.BatchNorm2d(4)
    batches = batches_of(2, 3, 1, 5)
    recompute_batch_norm(layer, batches[rank::2], layer)
    assert_statistics(layer, torch.cat(batches))


def test_two_processes_have_the_statistics_of_both(tmp_path: Path):
    in_two_processes(recompute_in_rank, tmp_path)


class Notes(Hook):
    """Record the evaluations, and check the statistics then."""

    def __init__(self) -> None:
        self.evaluated = []

    def before_val(self, runner: Runner) -> None:
        model = runner.model
        steps, batches = len(model.trained), len(model.measured)
        self.evaluated.append((steps, batches))
        if batches:  # the last three were drawn for this evaluation
            assert_statistics(model.norm, torch.cat(model.measured[-3:]))


@pytest.mark.parametrize('runner_class', [Runner, DurableRunner])
@pytest.mark.parametrize(
    ('by_epoch', 'expected'),
    [(False, [(4, 3), (8, 6), (10, 9)]), (True, [(5, 3), (10, 6)])],
)
def test_statistics_change_before_each_evaluation_and_training_does_not(
    runner_class, by_epoch, expected, tmp_path
):
    notes, plain_notes = Notes(), Notes()
    runner = train(config(tmp_path / 'a', by_epoch), runner_class, notes)
    plain = train(config(tmp_path / 'b', by_epoch, False), runner_class, plain_notes)

    assert notes.evaluated == expected
    assert plain_notes.evaluated == [(steps, 0) for steps, _ in expected]
    assert_same(runner.model.trained, plain.model.trained)  # the images, in order
    assert_same(runner.optim_wrapper.state_dict(), plain.optim_wrapper.state_dict())
    ours, theirs = (dict(r.model.named_parameters()) for r in (runner, plain))
    assert_same(ours, theirs)
    assert torch.equal(
        runner.model.norm.num_batches_tracked, plain.model.norm.num_batches_tracked
    )
    # Not the training's next images, and different ones each time.
    measured = torch.cat(runner.model.measured)
    assert len(measured.flatten(1).unique(dim=0)) == len(measured)

    # The saved statistics are the recomputed ones.
    last = 'epoch_2.pth' if by_epoch else 'iter_10.pth'
    saved = torch.load(tmp_path / 'a' / last, weights_only=False)
    assert_statistics(runner.model.norm, torch.cat(runner.model.measured[-3:]))
    assert_close(saved['state_dict']['norm.running_var'], runner.model.norm.running_var)


@pytest.mark.parametrize('killed_at', [3, 5, 9])
def test_killed_run_ends_like_the_uninterrupted_one(killed_at, tmp_path):
    whole = train(config(tmp_path / 'whole', False))
    train(config(tmp_path / 'run', False), DurableRunner, KillHook(killed_at))
    cfg = config(tmp_path / 'run', False)
    cfg.resume = True

    resumed = train(cfg)

    assert_same(state_of(resumed), state_of(whole))
    assert_same(resumed.model.measured[-3:], whole.model.measured[-3:])


def train_rank(rank: int, folder: Path) -> None:
    cfg = config(folder / 'run', False)
    cfg.launcher = 'pytorch'
    cfg.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False
    )
    model = train(cfg).model.module
    state = dict(measured=model.measured, statistics=model.norm.state_dict())
    torch.save(state, folder / f'rank{rank}.pth')


def test_two_processes_draw_different_images(tmp_path: Path):
    in_two_processes(train_rank, tmp_path, tmp_path)

    first, second = (torch.load(tmp_path / f'rank{rank}.pth') for rank in (0, 1))
    assert_same(
        first['statistics']['running_mean'], second['statistics']['running_mean']
    )
    layer = nn.BatchNorm2d(2)
    layer.load_state_dict(first['statistics'])
    last = torch.cat(first['measured'][-3:] + second['measured'][-3:])
    assert_statistics(layer, last)
    assert len(last.flatten(1).unique(dim=0)) == len(last) == 12


@pytest.mark.parametrize('path', [C4, FPN], ids=lambda path: path.stem)
def test_every_layer_of_a_detector_gets_statistics(path):
    """Including the RoI heads, whose regions exist in training mode only."""
    cfg = load_finetuning_config(str(path), merge=DEMO)
    for part in transferred_configs(cfg).values():
        part.init_cfg = None
    with DefaultScope.overwrite_default_scope('mmdet'):
        model = MODELS.build(cfg.model)
    model.init_weights()
    model.train()
    sample = DetDataSample(
        metainfo=dict(img_shape=(64, 96), batch_input_shape=(64, 96))
    )
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor([[8.0, 8.0, 50.0, 56.0]]), labels=torch.tensor([1])
    )
    if model.with_mask:
        mask = np.zeros((1, 64, 96), np.uint8)
        mask[:, 8:56, 8:50] = 1
        sample.gt_instances.masks = BitmapMasks(mask, 64, 96)
    batch = dict(inputs=[torch.randint(256, (3, 64, 96))], data_samples=[sample])
    layers = {
        name: layer
        for name, layer in model.named_modules()
        if isinstance(layer, nn.BatchNorm2d)
    }

    def forward(data: dict) -> None:
        model(**model.data_preprocessor(data, True), mode='loss')

    recompute_batch_norm(model, [batch] * 2, forward)

    assert any('roi_head' in name for name in layers)
    for name, layer in layers.items():
        assert (layer.running_mean != 0).any(), name
        assert not layer.num_batches_tracked.any(), name
