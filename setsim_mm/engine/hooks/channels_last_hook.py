"""Train with channels-last convolutions, which are faster."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.host import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Convert the weights of convolutions to channels-last memory format.

    PyTorch then computes convolutions in that format for images in any format. Only the
    speed and the last digits change: a run may be resumed with or without the hook.

    Examples:
        >>> custom_hooks = [dict(type='ChannelsLastHook')]
    """

    def before_run(self, runner: Runner) -> None:
        """Convert the weights."""
        runner.model.to(memory_format=torch.channels_last)
