"""Trainings of tiny models through mmengine, and their comparison with a reference."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from mmengine.config import Config, ConfigDict
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from torch import Tensor

from setsim_mm.host import BaseModel

from .reference_training import Batch, ReferenceTraining
from .tiny_steps import samples_with

CONFIGS = Path(__file__).parents[3] / 'configs' / 'selfsup'
IMAGES, HEIGHT, WIDTH = 4, 96, 80  # 6x5 positions of 16 pixels
EPOCHS, STEPS = 4, 5  # steps of an epoch
# The key encoder's statistics are used by nothing. At its first update it copies the
# query encoder with them, where MoCo's starts with statistics of its own.
NOT_COMPARED = re.compile(
    r'momentum_encoder\.(updates|.*(running_(mean|var)|num_batches_tracked))'
)

Record = dict[str, Tensor]  # the losses of a step, and the state after it


class Run(NamedTuple):
    """Our training: the initial state and a record of every step."""

    start: dict[str, Tensor]
    records: list[Record]


def drawn_batches() -> list[Batch]:
    """Draw a batch for each step.

    A view is a coarse pattern under noise. Its box covers 30 to 60 percent of each side
    of the image, and every third one is flipped (x1 > x2).
    """
    # With this seed no decision of the authors' matcher (threshold, least similarity,
    # radius, nearest neighbour) is within 1e-5 of the other way, so that the rounding
    # of float32 turns none.
    generator = torch.Generator().manual_seed(1)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator)

    batches = []
    for _ in range(EPOCHS * STEPS):
        views = []
        for _ in range(2):
            coarse = uniform(0, 200, IMAGES, 3, HEIGHT // 16, WIDTH // 16)
            pattern = coarse.repeat_interleave(16, 2).repeat_interleave(16, 3)
            noise = uniform(0, 55, *pattern.shape)
            views.append((pattern + noise).to(torch.uint8))
        sides = uniform(0.3, 0.6, IMAGES, 2, 2)
        corner = uniform(0, 0.4, IMAGES, 2, 2)
        boxes = torch.cat([corner, corner + sides], dim=2)  # N, 2, 4
        flipped = torch.arange(IMAGES * 2).view(IMAGES, 2) % 3 == 1
        boxes[flipped] = boxes[flipped][:, [2, 1, 0, 3]]
        batches.append(Batch(views, boxes))
    return batches


def config_of(name: str) -> ConfigDict:
    """Return a pre-training config of the repository."""
    return Config.fromfile(CONFIGS / name)


def train(
    model: BaseModel,
    cfg: ConfigDict,
    batches: list[Batch],
    before_step: Callable[[OptimWrapper], None] = lambda wrapper: None,
) -> Run:
    """Train a model as mmengine's runner does, with the config's optimizer.

    Args:
        model: The model; the state that it ends in is of no interest.
        cfg: Its optimizer is used, without mixed precision, and its schedule over 4
            epochs.
        batches: A batch for each step.
        before_step: What a hook does before each step.
    """
    optimizer = ConfigDict(type='OptimWrapper', optimizer=cfg.optim_wrapper.optimizer)
    if 'paramwise_cfg' in cfg.optim_wrapper:
        optimizer.paramwise_cfg = cfg.optim_wrapper.paramwise_cfg
    wrapper = build_optim_wrapper(model, optimizer)
    (schedule,) = cfg.param_scheduler
    schedule.update(T_max=EPOCHS, end=EPOCHS)
    schedule = PARAM_SCHEDULERS.build({**schedule, 'optimizer': wrapper})
    model.train()
    start, records = copied(model.state_dict()), []
    for index, batch in enumerate(batches):
        before_step(wrapper)
        data = {'inputs': batch.views, 'data_samples': samples_with(batch.boxes)}
        logged = model.train_step(data, wrapper)
        losses = {name: logged[name] for name in ('loss_image', 'loss_set')}
        records.append(copied({**losses, **model.state_dict()}))
        if (index + 1) % STEPS == 0:
            schedule.step()
    return Run(start, records)


def copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}


def records_of(reference: ReferenceTraining, batches: list[Batch]) -> Iterator[Record]:
    """Train a reference; yield the record of each step."""
    for index, batch in enumerate(batches):
        yield reference.step(batch, epoch=index // STEPS)


def differences(
    ours: Iterable[Record], theirs: Iterable[Record]
) -> Iterator[dict[str, float]]:
    """Yield the largest difference of each value, step by step."""
    for records in zip(ours, theirs, strict=True):
        our, their = (
            {n: value.double() for n, value in record.items() if compared(n)}
            for record in records
        )
        assert set(our) == set(their)
        yield {n: (our[n] - their[n]).abs().max().item() for n in our}


def compared(name: str) -> bool:
    """Return True if a value of a record is compared with the reference."""
    return not NOT_COMPARED.fullmatch(name)


def assert_agreement(steps: Iterator[dict[str, float]], tolerance: float) -> None:
    """Check that no value of any step differs by more than the tolerance."""
    checked = 0
    for checked, step in enumerate(steps, start=1):
        worst = max(step, key=step.get)
        assert step[worst] <= tolerance, (checked, worst, step[worst])
    assert checked == EPOCHS * STEPS


def first_disagreement(
    steps: Iterator[dict[str, float]], tolerance: float
) -> int | None:
    """Return the first step, from 1, in which a value differs by more."""
    return next(
        (n for n, step in enumerate(steps, start=1) if max(step.values()) > tolerance),
        None,
    )
