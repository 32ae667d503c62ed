"""Interrupted evaluations are repeated by the resumed run."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS, MODELS
from mmengine.runner import Runner
from torch import Tensor, nn

from setsim_mm.engine.runner import DurableRunner
from setsim_mm.utils.interrupts import Terminated


@DATASETS.register_module(force=True)
class ToyNumbers(torch.utils.data.Dataset):
    """Six numbers."""

    metainfo = dict(classes=('number',))

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> dict:
        return dict(inputs=torch.tensor([float(index)]), data_samples=index)


@MODELS.register_module(force=True)
class ToyModel(BaseModel):
    """One weight."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, inputs: list[Tensor], data_samples: list, mode: str) -> Any:
        outputs = self.layer(torch.stack(inputs))
        if mode == 'loss':
            return dict(loss=outputs.square().mean())
        return [dict(value=float(value)) for value in outputs]


@METRICS.register_module(force=True)
class ToyMetric(BaseMetric):
    """The mean of what the model returns."""

    def process(self, data_batch: dict, data_samples: list[dict]) -> None:
        self.results += [sample['value'] for sample in data_samples]

    def compute_metrics(self, results: list[float]) -> dict[str, float]:
        return dict(mean=sum(results) / len(results))


class InEvaluation(Hook):
    """Send SIGTERM, or fail, in an evaluation after a number of steps."""

    def __init__(self, step: int | None = None, kill: bool = False) -> None:
        self.step, self.kill, self.evaluated = step, kill, []

    def after_val_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        if runner.iter == self.step:
            if self.kill:
                raise RuntimeError('killed')
            os.kill(os.getpid(), signal.SIGTERM)

    def after_val_epoch(self, runner: Runner, metrics: dict) -> None:
        self.evaluated.append((runner.iter, metrics['mean']))


def train(work_dir: Path, hook: Hook, by_epoch: bool, resume: bool = False) -> Runner:
    loader = dict(
        batch_size=2, num_workers=0, dataset=dict(type='ToyNumbers'),
        sampler=dict(type='DefaultSampler', shuffle=False),
    )  # fmt: skip
    steps = (
        dict(by_epoch=True, max_epochs=2)
        if by_epoch
        else dict(by_epoch=False, max_iters=6, val_interval=3)
    )
    cfg = dict(
        model=dict(type='ToyModel'),
        train_dataloader=loader, val_dataloader=loader,
        train_cfg=steps, val_cfg={}, val_evaluator=dict(type='ToyMetric'),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
        default_hooks=dict(
            checkpoint=dict(
                type='CheckpointHook', interval=1 if by_epoch else 3, by_epoch=by_epoch
            )
        ),
        randomness=dict(seed=0), work_dir=str(work_dir), resume=resume,
        default_scope='mmengine',
    )  # fmt: skip
    runner = DurableRunner.from_cfg(Config(cfg))
    runner.register_hook(hook)
    runner.train()
    return runner


@pytest.mark.parametrize('by_epoch', [True, False])
@pytest.mark.parametrize('step', [3, 6])
@pytest.mark.parametrize('kill', [True, False])
def test_interrupted_evaluation_is_repeated(by_epoch, step, kill, tmp_path):
    whole, resumed = InEvaluation(), InEvaluation()
    train(tmp_path / 'whole', whole, by_epoch)

    with pytest.raises(RuntimeError if kill else Terminated):
        train(tmp_path / 'run', InEvaluation(step, kill), by_epoch)
    train(tmp_path / 'run', resumed, by_epoch, resume=True)

    assert [at for at, _ in whole.evaluated] == [3, 6]
    assert resumed.evaluated == [e for e in whole.evaluated if e[0] >= step]
    record = json.loads((tmp_path / 'run' / 'last_evaluation.json').read_text())
    assert (record['iter'], record['metrics']['mean']) == whole.evaluated[-1]


@pytest.mark.parametrize('by_epoch', [True, False])
def test_finished_run_is_not_evaluated_again(by_epoch, tmp_path):
    train(tmp_path, InEvaluation(), by_epoch)
    again = InEvaluation()

    train(tmp_path, again, by_epoch, resume=True)

    assert again.evaluated == []
