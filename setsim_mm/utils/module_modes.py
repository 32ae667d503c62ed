"""Modules as a measurement needs them, and afterwards as they were."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.dist import broadcast, get_world_size
from torch import nn


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """Put a module into evaluation mode, and each part back into its own.

    Args:
        module (nn.Module): Such as a backbone with frozen parts.
    """
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        # Not module.train(): frozen parts may have been in evaluation mode before.
        for part, training in modes:
            part.training = training


@contextmanager
@torch.no_grad()
def buffers_of_main_process(module: nn.Module) -> Iterator[None]:
    """Let all ranks have the first one's buffers, which checkpoints hold.

    Each rank keeps BatchNorm statistics of its own while it trains: features of
    different ranks could not be compared with each other, nor would they be those of
    the checkpoint.

    Args:
        module (nn.Module): Its buffers are put back as they were.
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
