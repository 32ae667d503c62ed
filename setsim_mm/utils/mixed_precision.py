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
    """bfloat16 autocast on a CPU, where mmengine's ``AmpOptimWrapper`` refuses to run.

    bfloat16 has the range of float32, so that the loss needs no scaling.

    Args:
        **kwargs: See :class:`mmengine.optim.OptimWrapper`.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass in bfloat16 where that is safe."""
        with super().optim_context(model), torch.autocast('cpu', torch.bfloat16):
            yield


def use_mixed_precision(cfg: Config) -> None:
    """Set a training config to mixed precision.

    On a GPU that is mmengine's ``AmpOptimWrapper``: float16 unless
    ``optim_wrapper.dtype`` says ``'bfloat16'``. On a CPU it is bfloat16.

    Args:
        cfg (Config): Its ``optim_wrapper`` is changed.

    Raises:
        UserError: If the config has an optimizer wrapper of another kind, or asks for
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
    optim_wrapper.type = 'mmselfsup.CPUAmpOptimWrapper'  # from mmdet and mmseg, too
