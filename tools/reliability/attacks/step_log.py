"""Hooks of the attacked trainings: a record of each step, and NaNs.

The tiny configs import this module through ``custom_imports``. The environment variable
STEP_LOG is the path of the record, outside the output folder, which may be attacked.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor

STEP_LOG = 'STEP_LOG'
CHECKPOINT_PADDING = 'CHECKPOINT_PADDING'
MEGABYTE = 2**20
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT


@HOOKS.register_module()
class StepLogHook(Hook):
    """Write fingerprints of batch, weights and optimizer after each step.

    Each process writes ``<STEP_LOG>.rank<r>`` with a JSON object on each line:
    ``step``, ``batch`` and ``state`` after a step, ``saving`` before a checkpoint is
    written. The environment variable CHECKPOINT_PADDING is the number of megabytes to
    add to each checkpoint, so that writing takes long enough to be interrupted.
    """

    priority = 'LOW'  # before CheckpointHook

    def before_run(self, runner: Runner) -> None:
        """Read the environment variables."""
        self.padding = int(os.environ.get(CHECKPOINT_PADDING, 0))
        self.path = f'{os.environ[STEP_LOG]}.rank{get_rank()}'

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any, outputs: dict
    ) -> None:
        """Write the record of a step."""
        optimizer = runner.optim_wrapper.optimizer.state_dict()
        rates = torch.tensor([group['lr'] for group in optimizer['param_groups']])
        weights = runner.model.state_dict()
        if get_rank() > 0:
            # BatchNorm statistics differ between processes. Training does not read
            # them, and a checkpoint contains those of rank 0.
            weights = {n: w for n, w in weights.items() if '.running_' not in n}
        state = [weights, optimizer['state'], rates]
        self._write(
            step=runner.iter + 1,
            batch=fingerprint(tensors_in(data_batch)),
            state=fingerprint(tensors_in(state)),
        )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Write a record before a checkpoint is written."""
        if self.padding:
            checkpoint['padding'] = torch.zeros(self.padding * MEGABYTE // 4)
        self._write(saving=checkpoint['meta']['iter'])

    def _write(self, **record: Any) -> None:
        line = (json.dumps(record) + '\n').encode()
        descriptor = os.open(self.path, FLAGS, 0o644)
        os.write(descriptor, line)  # a kill leaves no partial line
        os.close(descriptor)


@HOOKS.register_module()
class BrokenStepHook(Hook):
    """Make the loss or the gradients NaN from a step on.

    Args:
        step (int): The first such step, from 1.
        kind (str): ``'loss'`` or ``'gradient'``.
    """

    def __init__(self, step: int, kind: str) -> None:
        self.step = step
        self.kind = kind

    def before_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Break the numbers before the step."""
        if runner.iter + 1 != self.step:
            return
        if self.kind == 'loss':
            runner.model.data_preprocessor.std.fill_(torch.nan)
        else:
            weight = next(p for p in runner.model.parameters() if p.requires_grad)
            weight.register_hook(lambda gradient: gradient * torch.nan)


def fingerprint(tensors: Iterable[Tensor]) -> str:
    """Return a hash of the bits of tensors, with 64 hexadecimal digits."""
    whole = hashlib.sha256()
    for tensor in tensors:
        array = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        whole.update(array.numpy().tobytes())
    return whole.hexdigest()


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested dictionaries, sequences and data samples."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            yield from tensors_in(value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
