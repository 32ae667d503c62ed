"""A training of a tiny network with random numbers in its data and its loss."""

from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS, MODELS
from mmengine.runner import Runner
from torch import Tensor, nn

from setsim_mm.engine.runner import DurableRunner
from setsim_mm.transfer import detection  # noqa: F401 - registers the hook
from tests.test_engine.test_runner.runs import run_until_killed


@DATASETS.register_module(force=True)
class NoisyNumbers(torch.utils.data.Dataset):
    """Ten images with a random augmentation."""

    metainfo = dict(classes=('number',))

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> dict:
        return dict(inputs=torch.randn(2, 3, 3) + index)


@MODELS.register_module(force=True)
class NoisyModel(BaseModel):
    """BatchNorm on the images, and a loss with random numbers, like sampled regions."""

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
    """The number of images."""

    def process(self, data_batch: dict, data_samples: list[dict]) -> None:
        self.results += data_samples

    def compute_metrics(self, results: list[float]) -> dict[str, float]:
        return dict(images=len(results))


def config(work_dir: Path, by_epoch: bool, precise: bool = True) -> Config:
    """Return a config of 10 steps, evaluated after 4, 8 and 10, or after 2 epochs."""
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
    return run_until_killed(runner_class.from_cfg(cfg), *hooks)
