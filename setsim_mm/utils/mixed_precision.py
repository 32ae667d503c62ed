"""Mixed precision on a GPU and on a CPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn

from setsim_mm.host import OPTIM_WRAPPERS

from .errors import UserError


@OPTIM_WRAPPERS.register_module()
class CPUAmpOptimWrapper(OptimWrapper):
    """bfloat16 autocast on a CPU, which mmengine's ``AmpOptimWrapper`` lacks.

    bfloat16 has the range of float32, so the loss needs no scaling.

    Args:
        **kwargs: See :class:`mmengine.optim.OptimWrapper`.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Context manager: autocast the forward pass to bfloat16."""
        with super().optim_context(model), torch.autocast('cpu', torch.bfloat16):
            yield


def use_mixed_precision(cfg: Config) -> None:
    """Set a training config to mixed precision.

    On a GPU this is mmengine's ``AmpOptimWrapper`` in float16, or in bfloat16 if
    ``optim_wrapper.dtype`` is ``'bfloat16'``. On a CPU it is bfloat16.

    Args:
        cfg (Config): The config, whose ``optim_wrapper`` is changed.

    Raises:
        UserError: If the optimizer wrapper has another type, or its ``dtype`` is
            float16 on a CPU.
    """
    optim_wrapper = cfg.optim_wrapper
    kind = optim_wrapper.get('type', 'OptimWrapper')
    if kind not in ('OptimWrapper', 'AmpOptimWrapper'):
        raise UserError(
            f'--amp does not know what to make of optim_wrapper.type={kind!r}: leave '
            "--amp out, or set the type to 'OptimWrapper'."
        )
    if get_device() != 'cpu':
        optim_wrapper.type = 'AmpOptimWrapper'
        optim_wrapper.setdefault('loss_scale', 'dynamic')
        return
    dtype = optim_wrapper.pop('dtype', 'bfloat16')
    if dtype != 'bfloat16':
        raise UserError(
            f'without a GPU, mixed precision is bfloat16 and not {dtype}: leave '
            'optim_wrapper.dtype out.'
        )
    optim_wrapper.pop('loss_scale', None)
    optim_wrapper.type = 'mmselfsup.CPUAmpOptimWrapper'  # found by mmdet and mmseg too
