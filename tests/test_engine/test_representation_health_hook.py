"""A collapse is named within 200 steps, a healthy run is not."""

from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner
from torch.nn import functional as F

from setsim_mm.engine.hooks import RepresentationHealthHook
from setsim_mm.evaluation.health import effective_rank
from setsim_mm.host import MODELS

from .training_runs import RESNET, logged, make_config

HOOK = dict(type='RepresentationHealthHook', interval=10)
SCALARS = (
    'effective_rank',
    'feature_deviation',
    'dense_effective_rank',
    'dense_feature_deviation',
)


class CollapsingHead(torch.nn.Module):
    """SimSiam's head without predictor and without stop-gradient."""

    def forward(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        return -F.cosine_similarity(query, key).mean()


def train(folder: Path, model: dict, steps: int, lr: float) -> Runner:
    cfg = make_config(folder, HOOK, epochs=1)
    cfg.model = dict(
        **model,
        backbone=RESNET,
        data_preprocessor=dict(mean=(120, 120, 120), std=(60, 60, 60)),
    )
    cfg.optim_wrapper.optimizer = dict(type='SGD', lr=lr, momentum=0.9)
    cfg.train_dataloader.batch_size = 6
    cfg.train_cfg = dict(by_epoch=False, max_iters=steps)
    cfg.train_dataloader.sampler = dict(type='InfiniteSampler', shuffle=True)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner


def log_of(runner: Runner) -> str:
    return Path(runner.log_dir, f'{runner.timestamp}.log').read_text()


def test_simsiam_without_stop_gradient_is_named(folder):
    MODELS.register_module(module=CollapsingHead)
    neck = dict(
        type='NonLinearNeck',
        in_channels=32,
        hid_channels=16,
        out_channels=16,
        num_layers=2,
        with_avg_pool=True,
        with_last_bn=False,
    )
    model = dict(type='SimSiam', neck=neck, head=dict(type='CollapsingHead'))
    runner = train(folder, model, steps=200, lr=0.5)
    text = log_of(runner)
    assert 'feature_deviation has fallen' in text
    assert text.count(' feature_deviation has fallen') == 1
    values = [
        record['feature_deviation'] for record in logged(runner.work_dir, SCALARS[1])
    ]
    assert values[-1] < 0.1 * values[0]


def test_a_contrastive_run_is_healthy(folder):
    model = {key: value for key, value in make_config(folder).model.items()}
    for key in ('backbone', 'data_preprocessor'):
        model.pop(key)
    runner = train(folder, model, steps=21, lr=0.02)
    assert 'has fallen' not in log_of(runner)
    for name in SCALARS:
        records = logged(runner.work_dir, name)
        assert [record['step'] for record in records] == [1, 11, 21]
    first = logged(runner.work_dir, 'effective_rank')[0]['effective_rank']
    assert 1 <= first <= 6


def test_positions_are_bounded_and_evenly_drawn():
    hook = RepresentationHealthHook(max_positions=10)
    hook._watches = True
    maps = torch.randn(3, 4, 5, 2)  # 30 positions
    hook._watch_backbone(None, (), (maps,))
    positions = maps.permute(0, 2, 3, 1).reshape(30, 4)
    assert torch.equal(hook._features['dense'], positions[::3])
    figures = dict(hook._figures())
    expected = effective_rank(positions[::3])
    assert figures['dense_effective_rank'] == pytest.approx(expected)


@pytest.mark.parametrize('wrong', [dict(interval=0), dict(floor=1.0)])
def test_numbers_out_of_range(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RepresentationHealthHook(**wrong)
