"""Initialise the weights of a model."""

import logging

from mmengine.logging import MMLogger
from torch import nn


def init_weights_quietly(module: nn.Module) -> None:
    """Initialise weights as mmengine's Runner does, but do not log each of them.

    Args:
        module (nn.Module): A model or a part of one. It keeps PyTorch's weights if it
            has no ``init_weights``.
    """
    init_weights = getattr(module, 'init_weights', None)
    if init_weights is None:
        return
    # Not logging.disable(): mmengine's loggers would stay disabled after its end.
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        init_weights()
    finally:
        logger.setLevel(level)
