"""Training steps of several methods, and their parts."""

import pytest
import torch

from measurements import methods, parts, step
from setsim_mm.utils import UserError
from tests.test_tools.test_speed.arguments import parsed
from tests.test_tools.training_helpers import REPO

TINY = (
    '--configs', f'{REPO}/configs/selfsup', '--depth', '18', '--batch', '2',
    '--size', '64', '--queue', '64', '--repeats', '1', '--return-memory',
)  # fmt: skip


def test_every_method_is_measured():
    table = step.measure(parsed(step, *TINY))
    assert table['method'].tolist() == [
        *step.METHODS,
        'SetSim, one direction, channels last',
        'SetSim, symmetric, channels last',
    ]
    seconds = table.set_index('method')['seconds']
    assert table['images/s'].tolist() == pytest.approx((2 / seconds).tolist())
    times = table.set_index('method')['time']
    assert times['MoCo-v2'] == 1
    ratio = seconds['SetSim, symmetric'] / seconds['MoCo-v2'] / 2
    assert times['SetSim, symmetric'] == pytest.approx(ratio)
    ratio = seconds['SetSim, one direction'] / seconds['MoCo-v2']
    assert times['SetSim, one direction'] == pytest.approx(ratio)


@pytest.mark.parametrize('method', ['one-direction', 'hungarian'])
def test_the_parts_add_up_to_the_step(method):
    args = parsed(parts, *TINY, '--method', method)
    shares = parts.measure(args).set_index('part')['percent of the step']
    assert shares['the whole step'] == 100
    assert shares.drop('the whole step').sum() == pytest.approx(100)
    assert (shares > 0).all()
    assert {'matcher', 'losses', 'backward', 'optimizer'} < set(shares.index)


def test_timing_the_parts_does_not_change_the_model():
    built = methods.build_step(methods.SYMMETRIC, parsed(step, *TINY))
    taken = parts.seconds_of_parts(built, 'cpu')
    assert list(taken)[-2:] == ['the rest', 'the whole step']
    for _, owner, name in parts._parts(built):
        assert name not in vars(owner)


def test_options_change_the_model():
    options = ('--amp', '--channels-last')
    built = methods.build_step(methods.ONE_DIRECTION, parsed(step, *TINY, *options))
    assert not built.model.symmetric
    assert built.model.image_queue.length == 64
    weight = built.model.backbone.layer1[0].conv2.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert type(built.optim_wrapper).__name__ == 'CPUAmpOptimWrapper'
    before = weight.detach().clone()
    built()
    assert not weight.equal(before)


def test_modules_of_both_sides_are_compiled():
    built = methods.build_step(methods.MOCO, parsed(step, *TINY))
    model = built.model
    modules = [model.backbone, model.neck, *model.encoder_k.module]
    assert methods.trained_modules(model) == modules


def test_a_missing_config_is_an_error(tmp_path):
    args = parsed(step, *TINY, '--configs', str(tmp_path))
    with pytest.raises(UserError, match=rf'{tmp_path}.*--configs'):
        methods.build_step(methods.MOCO, args)
