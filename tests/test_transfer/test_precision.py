"""Mixed precision is an error where it cannot work, and does not change the decay."""

import pytest
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn

from setsim_mm.transfer import precision
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.precision import require_precision
from setsim_mm.utils import UserError
from setsim_mm.utils.mixed_precision import use_mixed_precision
from tests.benchmark_configs import C4, FCN


@pytest.mark.parametrize('by_config', [False, True])
def test_detector_in_mixed_precision_needs_a_gpu(by_config, monkeypatch):
    monkeypatch.setattr(precision, 'get_device', lambda: 'cpu')
    cfg = load_finetuning_config(str(C4))
    if by_config:
        cfg.optim_wrapper.type = 'AmpOptimWrapper'

    with pytest.raises(UserError, match='--amp'):
        require_precision(cfg, amp=not by_config)
    require_precision(load_finetuning_config(str(FCN)), amp=True)
    monkeypatch.setattr(precision, 'get_device', lambda: 'cuda')
    require_precision(cfg, amp=not by_config)


@pytest.mark.parametrize(('path', 'decay'), [(C4, 0.0), (FCN, 5e-4)])
def test_mixed_precision_keeps_the_decay_of_norms(path, decay):
    cfg = load_finetuning_config(str(path))
    use_mixed_precision(cfg)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        wrapper = build_optim_wrapper(nn.BatchNorm2d(4), cfg.optim_wrapper)

    assert type(wrapper).__name__.endswith('AmpOptimWrapper')
    groups = wrapper.optimizer.param_groups
    assert {group['weight_decay'] for group in groups} == {decay}
