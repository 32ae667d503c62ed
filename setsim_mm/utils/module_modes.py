"""Context managers that change the state of a module for a measurement."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.dist import broadcast, get_world_size
from torch import nn


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """Context manager: evaluation mode; the mode of each part is restored on exit."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        # Not module.train(): frozen parts stay in evaluation mode.
        for part, training in modes:
            part.training = training


@contextmanager
@torch.no_grad()
def buffers_of_main_process(module: nn.Module) -> Iterator[None]:
    """Context manager: all ranks use the buffers of the first one; restored on exit.

    In training each rank has its own BatchNorm statistics, and checkpoints hold those
    of the first one. With the same statistics, features of all ranks are comparable
    and equal to those of the checkpoint.
    """
    if get_world_size() == 1:
        yield
        return
    before = [(buffer, buffer.clone()) for buffer in module.buffers()]
    for buffer, _ in before:
        broadcast(buffer)
    try:
        yield
    finally:
        for buffer, own in before:
            buffer.copy_(own)
