"""Heads that are called, as in MMSelfSup, where MMPretrain calls ``head.loss``."""

from torch import nn


def make_callable(head: nn.Module) -> None:
    """Make ``head(...)`` and ``head.loss(...)`` the same, and run the forward hooks.

    MMSelfSup's heads compute the loss in ``forward``; those of MMPretrain have none, so
    that hooks of a head would never run.

    Args:
        head (nn.Module): A head that is written for either host.
    """
    if type(head).forward is nn.Module.forward:
        head.forward = head.loss
        head.loss = head.__call__
    elif not hasattr(head, 'loss'):
        head.loss = head.__call__
