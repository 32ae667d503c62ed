"""Convolutions in the memory format that processors and tensor cores prefer."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.host import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Lay the weights of convolutions out with the channels last.

    PyTorch then computes convolutions in that format, whatever the format of the
    images. It changes the speed and the last digits, and nothing else: checkpoints
    are the same, and runs may go on with or without it.

    Examples:
        >>> custom_hooks = [dict(type='ChannelsLastHook')]
    """

    def before_run(self, runner: Runner) -> None:
        """Lay the weights out.

        Args:
            runner (Runner): The runner.
        """
        runner.model.to(memory_format=torch.channels_last)
