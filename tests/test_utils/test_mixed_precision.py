import pytest
import torch
from mmengine.config import Config

from setsim_mm.utils import UserError
from setsim_mm.utils.mixed_precision import CPUAmpOptimWrapper, use_mixed_precision


def training_config(**optim_wrapper):
    return Config(dict(optim_wrapper=dict(type='OptimWrapper', **optim_wrapper)))


@pytest.mark.skipif(torch.cuda.is_available(), reason='needs a machine without a GPU')
def test_mixed_precision_without_a_gpu_is_bfloat16():
    cfg = training_config(dtype='bfloat16', loss_scale=512.0)
    use_mixed_precision(cfg)
    assert cfg.optim_wrapper == dict(type='mmselfsup.CPUAmpOptimWrapper')

    with pytest.raises(UserError, match=r'bfloat16.*float16.*optim_wrapper\.dtype'):
        use_mixed_precision(training_config(dtype='float16'))


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_mixed_precision_on_a_gpu_has_either_type(dtype, monkeypatch):
    monkeypatch.setattr('setsim_mm.utils.mixed_precision.get_device', lambda: 'cuda')
    cfg = training_config(dtype=dtype)

    use_mixed_precision(cfg)

    assert cfg.optim_wrapper == dict(
        type='AmpOptimWrapper', loss_scale='dynamic', dtype=dtype
    )


def test_cpu_wrapper_steps_in_bfloat16():
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    before = model.weight.detach().clone()
    wrapper = CPUAmpOptimWrapper(optimizer=torch.optim.SGD(model.parameters(), lr=0.1))

    with wrapper.optim_context(model):
        output = model(torch.rand(4, 3))
    wrapper.update_params(output.float().square().sum())

    assert output.dtype == torch.bfloat16
    assert model.weight.dtype == torch.float32
    assert not torch.equal(model.weight, before)
