"""Initialising weights without a message for each of them."""

import logging

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.model import BaseModule
from torch import nn

from setsim_mm.utils.weight_init import init_weights_quietly


class Constant(BaseModule):
    def __init__(self) -> None:
        super().__init__(init_cfg=dict(type='Constant', val=3, layer='Linear'))
        self.linear = nn.Linear(2, 2)


class Unlucky(nn.Module):
    def init_weights(self) -> None:
        raise ValueError('no file')


@pytest.fixture
def messages():
    """Messages of mmengine's logger, whose level is INFO."""
    found: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


def test_as_the_config_describes_without_messages(messages):
    init_weights_quietly(module := Constant())

    assert torch.equal(module.linear.weight, torch.full((2, 2), 3.0))
    assert not messages
    Constant().init_weights()
    assert messages  # the logger is as before


def test_modules_of_pytorch_keep_their_weights():
    module = nn.Linear(2, 2)
    before = module.weight.clone()

    init_weights_quietly(module)

    assert torch.equal(module.weight, before)


def test_level_of_the_logger_is_restored_after_an_error():
    with pytest.raises(ValueError, match='no file'):
        init_weights_quietly(Unlucky())

    assert MMLogger.get_current_instance().isEnabledFor(logging.INFO)
