"""BatchNorm statistics before an evaluation; training does not notice."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS, MODELS, DefaultScope
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
from tests.test_benchmark_configs import C4, FOLDER, FPN
from tests.test_engine.test_runner.runs import (
    KilledError,
    KillHook,
    assert_same,
    state_of,
)

DEMO = str(FOLDER / '_base_' / 'scales' / 'demo_r18.py')


def batches_of(*sizes: int) -> list[Tensor]:
    torch.manual_seed(len(sizes))
    return [3 + 2 * torch.randn(size, 4, 5, 6) for size in sizes]


def assert_statistics(layer: nn.Module, inputs: Tensor) -> None:
    """Compare with mean and variance of all inputs together, in float64."""
    channels = inputs.double().transpose(0, 1).flatten(1)
    assert_close(layer.running_mean.double(), channels.mean(1), atol=1e-6, rtol=1e-6)
    variance = channels.var(1, correction=0)
    assert_close(layer.running_var.double(), variance, atol=1e-6, rtol=1e-6)


def test_statistics_are_those_of_all_images():
    """Batches of different sizes: a small one counts less."""
    layer = nn.BatchNorm2d(4)
    batches = batches_of(2, 7, 1)
    layer(batches[0])  # a running average that must leave no trace

    recompute_batch_norm(layer, batches, layer)

    assert_statistics(layer, torch.cat(batches))
    assert layer.momentum == 0.1
    assert layer.num_batches_tracked == 1
    assert layer.weight.grad is None
    assert layer.training


def test_layers_behind_see_batches_normalised_by_themselves():
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


def test_frozen_unused_and_unfed_layers_keep_theirs():
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


def test_no_batches_is_refused():
    with pytest.raises(ValueError, match='num_batches must be at least 1'):
        PreciseBatchNormHook(0)


def as_rank(rank: int, rendezvous: str) -> None:
    torch.set_num_threads(1)
    os.environ.update(LOCAL_RANK=str(rank), RANK=str(rank), WORLD_SIZE='2')
    dist.init_process_group(
        'gloo', init_method=f'file://{rendezvous}', rank=rank, world_size=2
    )
    layer = nn.BatchNorm2d(4)
    batches = batches_of(2, 3, 1, 5)
    recompute_batch_norm(layer, batches[rank::2], layer)
    assert_statistics(layer, torch.cat(batches))
    dist.destroy_process_group()


def test_two_processes_have_the_statistics_of_both(tmp_path: Path):
    mp.start_processes(
        as_rank, (str(tmp_path / 'rendezvous'),), nprocs=2, start_method='fork'
    )


@DATASETS.register_module(force=True)
class NoisyNumbers(torch.utils.data.Dataset):
    """Ten images with an augmentation that draws numbers."""

    metainfo = dict(classes=('number',))

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> dict:
        return dict(inputs=torch.randn(2, 3, 3) + index)


@MODELS.register_module(force=True)
class NoisyModel(BaseModel):
    """BatchNorm on the images. The loss draws numbers, as a sampler of regions does."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(2)
        self.layer = nn.Conv2d(2, 1, 3)
        self.trained, self.measured = [], []

    def forward(self, inputs: list[Tensor], mode: str) -> Any:
        images = torch.stack(inputs)
        outputs = self.layer(self.norm(images))
        if mode != 'loss':
            return [dict(value=float(value)) for value in outputs]
        (self.trained if torch.is_grad_enabled() else self.measured).append(images)
        return dict(loss=(outputs * torch.rand_like(outputs)).square().mean())


@METRICS.register_module(force=True)
class NoMetric(BaseMetric):
    """Nothing."""

    def process(self, data_batch: dict, data_samples: list[dict]) -> None:
        self.results += data_samples

    def compute_metrics(self, results: list[float]) -> dict[str, float]:
        return dict(images=len(results))


class Notes(Hook):
    """Note when evaluations come, and what is measured then."""

    def __init__(self) -> None:
        self.evaluated = []

    def before_val(self, runner: Runner) -> None:
        model = runner.model
        steps, batches = len(model.trained), len(model.measured)
        self.evaluated.append((steps, batches))
        if batches:  # the last three were drawn for this evaluation
            assert_statistics(model.norm, torch.cat(model.measured[-3:]))


def config(work_dir: Path, by_epoch: bool, precise: bool = True) -> Config:
    """10 steps, evaluations after 4, 8 and 10 of them; or after each of 2 epochs."""
    dataset = dict(type='NoisyNumbers')
    loader = dict(batch_size=2, num_workers=0, dataset=dataset)
    kind = 'DefaultSampler' if by_epoch else 'InfiniteSampler'
    loop = (
        dict(by_epoch=True, max_epochs=2, val_interval=1)
        if by_epoch
        else dict(by_epoch=False, max_iters=10, val_interval=4)
    )
    hook = dict(type='mmselfsup.PreciseBatchNormHook', num_batches=3)
    return Config(
        dict(
            model=dict(type='NoisyModel'),
            train_dataloader=dict(**loader, sampler=dict(type=kind, shuffle=True)),
            val_dataloader=dict(
                **loader, sampler=dict(type='DefaultSampler', shuffle=False)
            ),
            val_evaluator=dict(type='NoMetric'),
            val_cfg=dict(),
            train_cfg=loop,
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
            param_scheduler=dict(type='CosineAnnealingLR', T_max=10, by_epoch=False),
            default_hooks=dict(
                checkpoint=dict(
                    type='CheckpointHook',
                    interval=1 if by_epoch else 2,
                    by_epoch=by_epoch,
                )
            ),
            custom_hooks=[hook] if precise else [],
            randomness=dict(seed=5),
            work_dir=str(work_dir),
        )
    )


def train(
    cfg: Config, runner_class: type[Runner] = DurableRunner, *hooks: Hook
) -> Runner:
    runner = runner_class.from_cfg(cfg)
    for hook in hooks:
        runner.register_hook(hook)
    try:
        runner.train()
    except KilledError:
        pass
    return runner


@pytest.mark.parametrize('runner_class', [Runner, DurableRunner])
@pytest.mark.parametrize(
    ('by_epoch', 'expected'),
    [(False, [(4, 3), (8, 6), (10, 9)]), (True, [(5, 3), (10, 6)])],
)
def test_before_each_evaluation_and_training_does_not_notice(
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
    # Other images than the training's next ones, and other ones each time.
    measured = torch.cat(runner.model.measured)
    assert len(measured.flatten(1).unique(dim=0)) == len(measured)

    # What was measured is what was saved.
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


@pytest.mark.parametrize('path', [C4, FPN], ids=lambda path: path.stem)
def test_every_layer_of_a_detector_gets_statistics(path):
    """Those of the regions' heads as well, which exist in training mode only."""
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
