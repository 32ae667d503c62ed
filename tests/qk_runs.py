"""Tiny trainings with QK Iteration, and a plain reference of them."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config, ConfigDict
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.datasets.seeded import without_seeds
from setsim_mm.models.algorithms.qk_iteration import sample_indices
from setsim_mm.utils.random_state import BANK, derived_seed, seed_all

from .test_engine.test_runner.runs import make_run
from .test_engine.training_runs import NECK, RESNET

TEMPERATURE, SEED, LR = 0.2, 3, 0.01


def make_qk_run(images: Path, work_dir: Path, **hook: Any) -> Config:
    """Return the config of 9 steps in 3 epochs; a phase is an epoch."""
    cfg = make_run(images, work_dir)
    cfg.model = ConfigDict(
        type='QKIteration',
        backbone=RESNET,
        neck=dict(type='MoCoV2Neck', with_avg_pool=True, **NECK),
        head=dict(type='BankContrastiveHead', temperature=TEMPERATURE),
        feat_dim=8,
        data_preprocessor=dict(mean=(120, 120, 120), std=(60, 60, 60)),
    )
    cfg.optim_wrapper.optimizer.lr = LR
    size = dict(type='RandomResizedCropWithBox', size=32)
    cfg.train_dataloader.dataset.pipeline = [
        dict(type='LoadRGBImage'),
        dict(
            type='MultiViewWithBoxes',
            num_views=[1, 1],
            # The second view draws no numbers that matter.
            transforms=[
                [dict(size, scale=(0.3, 1.0))],
                [dict(size, scale=(1.0, 1.0), ratio=(1.2, 1.2))],
            ],
        ),
        dict(type='PackSelfSupInputs', algorithm_keys=['sample_idx']),
    ]
    cfg.custom_hooks = [
        dict(type='QKPhaseHook', batch_size=4, num_workers=0) | hook,
    ]
    return cfg


class RecordHook(Hook):
    """Record the initial state, and the batch and the loss of each step."""

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.batches: list[tuple[list[Tensor], list[int]]] = []
        self.losses: list[float] = []
        self.banks: list[Tensor] = []

    def before_train(self, runner: Runner) -> None:
        self.start = deepcopy(runner.model)
        self.dataset = without_seeds(runner.train_dataloader.dataset)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any
    ) -> None:
        images = sample_indices(data_batch['data_samples']).tolist()
        self.batches.append(([view.clone() for view in data_batch['inputs']], images))

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any, outputs: dict
    ) -> None:
        self.losses.append(outputs['loss'].item())
        model = runner.model
        model = getattr(model, 'module', model)
        self.banks.append(model.bank.negatives.clone())


def normalized(images: Tensor) -> Tensor:
    return (images.float() - 120) / 60


def describe(backbone: nn.Module, neck: nn.Module, images: Tensor) -> Tensor:
    return F.normalize(neck(backbone(normalized(images)))[0], dim=1)


def reference_losses(record: RecordHook, copies: dict[int, int]) -> list[float]:
    """Train both sides in plain PyTorch; all logits are in memory.

    Args:
        record: Of the run; its initial state and its batches are used.
        copies: The copy of an image that is no negative of it.
    """
    model = record.start
    sides = [
        (model.backbone, model.neck),
        (model.key_model['backbone'], model.key_model['neck']),
    ]
    optimizers = [
        torch.optim.SGD([p for part in side for p in part.parameters()], lr=LR)
        for side in sides
    ]
    losses = []
    for step, (views, images) in enumerate(record.batches):
        phase, learning = step // 3, step // 3 % 2
        if step % 3 == 0:
            keys = reference_keys(
                record.dataset, sides[1 - learning], 1 - learning, phase
            )
        for part in sides[learning]:
            part.train()
        logits = describe(*sides[learning], views[learning]) @ keys.t() / TEMPERATURE
        for row, image in enumerate(images):
            if image in copies:
                logits[row, copies[image]] = -torch.inf
        loss = F.cross_entropy(logits, torch.tensor(images))
        optimizers[learning].zero_grad()
        loss.backward()
        for group in optimizers[learning].param_groups:
            # The schedule of the run: a cosine of three epochs.
            group['lr'] = LR * (1 + torch.cos(torch.tensor(phase * torch.pi / 3))) / 2
        optimizers[learning].step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def reference_keys(dataset: Any, side: tuple, view: int, phase: int) -> Tensor:
    """Encode each image by the frozen side in evaluation mode, in half precision."""
    keys = []
    for part in side:
        part.eval()
    for index in range(len(dataset)):
        seed_all(derived_seed(SEED, BANK, phase, index))
        image = dataset[index]['inputs'][view][None]
        keys.append(describe(*side, image).half().float())
    return torch.cat(keys)
