import pytest
from mmengine.runner import Runner

from setsim_mm.utils import UserError
from tests.labelled_images import write_class_folders
from tests.test_engine.training_runs import make_config
from tools.step_profile.hook import ProfileHook, StepsProfiled


@pytest.fixture
def images(tmp_path):
    return write_class_folders(tmp_path / 'images')


@pytest.mark.parametrize('algorithm', ['MoCo', 'DenseCL'])
def test_parts_of_mmselfsups_algorithms(algorithm, images):
    hook = ProfileHook(steps=1, warmup=1)
    runner = Runner.from_cfg(make_config(images, algorithm=algorithm, epochs=9))
    runner.register_hook(hook)

    with pytest.raises(StepsProfiled):
        runner.train()

    assert runner.iter == 1  # the second step was the last
    assert {'backbone, queries', 'backbone, keys', 'momentum update', 'queues'} <= set(
        hook.summary.parts['part']
    )
    assert hook.trace.is_file() and len(hook.summary.steps) == 1


@pytest.mark.parametrize('numbers', [dict(steps=0), dict(steps=1, warmup=0)])
def test_numbers_too_small_raise_an_error(numbers):
    with pytest.raises(UserError, match='at least 1'):
        ProfileHook(**numbers)
