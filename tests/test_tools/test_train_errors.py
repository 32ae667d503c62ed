"""Errors of tools/train.py, in this process."""

from functools import partial

import pytest

from .training_helpers import write_tiny_config


@pytest.fixture
def train_in_this_process(in_this_process):
    """Call main() of the program; return its exit status, output and errors."""
    return partial(in_this_process, 'tools/train.py')


# Changes of the config, and the facts in the error.
BAD_OPTIONS = {
    'unknown argument': (
        ['model.queue_length=8'],
        ["'queue_length'", "'queue_len'", 'backbone, neck,'],
    ),
    'unknown argument of the data loader': (
        ['train_dataloader.batchsize=8'],
        ["'batchsize'", "'batch_size'"],
    ),
    'unknown algorithm': (['model.type=SetSimm'], ["'SetSimm'", "'SetSim'"]),
    'unknown transform': (
        ['train_dataloader.dataset.pipeline.0.type=LoadRGBImages'],
        ["'LoadRGBImages'", "'LoadRGBImage'"],
    ),
    'unknown matcher': (
        ['model.matcher.matchers.0.type=SetToSetMatcher'],
        ["'SetToSetMatcher'", 'GeometricMatcher, '],
    ),
    'threshold': (['model.matcher.matchers.0.threshold=1.5'], ['threshold', '1.5']),
    'batch larger than the data': (
        ['train_dataloader.batch_size=9'],
        ['9 images', 'has 8'],
    ),
    'queue shorter than a batch': (['model.queue_len=3'], ['3 keys', '4']),
    'no boxes': (
        ['train_dataloader.dataset.pipeline.2.meta_keys=[img_path]'],
        ['matcher', 'pipeline', 'boxes'],
    ),
    'no images': (
        ['train_dataloader.dataset.data_root=no such'],
        ["'no such/'"],
    ),
    'no such part': (
        ['train_dataloader.dataset.pipeline.7.type=A'],
        ['--cfg-options'],
    ),
    'checkpoint of nothing': (['load_from=nothing.pth'], ['nothing.pth']),
}


@pytest.mark.parametrize('case', BAD_OPTIONS)
def test_a_bad_config_is_an_error_of_one_line(case, train_in_this_process, tmp_path):
    options, facts = BAD_OPTIONS[case]
    config = write_tiny_config(tmp_path)

    status, output, errors = train_in_this_process(config, '--cfg-options', *options)

    assert status == 1
    assert errors.startswith('Error: ')
    assert all(fact in errors for fact in facts), errors
    assert len(errors.splitlines()) == 1
    assert 'Traceback' not in output + errors
    assert '(train)' not in output  # before the first step


def test_too_many_bad_images_end_training_with_one_line(
    train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path)
    bad = tmp_path / 'images' / '5.png'
    bad.write_bytes(bad.read_bytes()[:500])

    status, _, errors = train_in_this_process(
        config, '--cfg-options', 'train_dataloader.num_workers=1',
        'train_dataloader.dataset.max_unreadable_share=0',
    )  # fmt: skip

    assert status == 1
    assert errors.startswith('Error: 1 of the first') and str(bad) in errors
    assert len(errors.splitlines()) == 1


def test_a_checkpoint_of_another_architecture_is_an_error(
    finished_run, train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path)
    checkpoint = finished_run.work_dir / 'epoch_1.pth'

    status, output, errors = train_in_this_process(
        config,
        '--cfg-options', f'load_from={checkpoint}', 'model.backbone.depth=34',
    )  # fmt: skip

    assert status == 1
    assert 'backbone.layer1.2.conv1.weight is missing' in errors
    assert '(train)' not in output


def test_resuming_with_another_queue_is_an_error(
    finished_run, train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path)
    checkpoint = finished_run.work_dir / 'epoch_1.pth'

    status, _, errors = train_in_this_process(
        config, '--resume', checkpoint, '--cfg-options', 'model.queue_len=12'
    )

    assert status == 1
    assert 'image_queue.features is 16x10 and not 16x12' in errors


@pytest.mark.parametrize(
    ('arguments', 'facts'),
    [
        (['nothing.py'], ["'nothing.py'"]),
        (['tiny.py', '--resume', 'nothing.pth'], ["'nothing.pth'"]),
        (['tiny.py', '--work-dir', 'tiny.py'], ["'tiny.py'"]),
        (['tiny.py', '--work-dir', '/proc/out'], ["'/proc/out'"]),
        (['tiny.py', '--launcher', 'pytorch'], ['RANK', '--launcher']),
        (
            ['tiny.py', '--amp', '--cfg-options', 'optim_wrapper.dtype=float16'],
            ['bfloat16', ' float16'],
        ),
        (
            ['tiny.py', '--amp', '--cfg-options', 'optim_wrapper.type=Other'],
            ['--amp', "optim_wrapper.type='Other'"],
        ),
        (
            ['tiny.py', '--auto-scale-lr', '--cfg-options', 'auto_scale_lr={}'],
            ['--auto-scale-lr', 'batch size'],
        ),
    ],
)
def test_a_bad_command_is_an_error_of_one_line(
    arguments, facts, train_in_this_process, tmp_path, monkeypatch
):
    for variable in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'):
        monkeypatch.delenv(variable, raising=False)
    write_tiny_config(tmp_path)

    status, _, errors = train_in_this_process(*arguments)

    assert status == 1
    assert all(fact in errors for fact in facts), errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    ('option', 'fact'),
    [('symmetric', "'symmetric'"), ('a=[1,(2]', 'brackets')],
)
def test_a_bad_option_is_an_error(option, fact, train_in_this_process):
    status, _, errors = train_in_this_process('tiny.py', '--cfg-options', option)

    assert status == 2
    assert '--cfg-options' in errors and fact in errors


def test_traceback_option(train_in_this_process, tmp_path):
    write_tiny_config(tmp_path)

    status, _, errors = train_in_this_process(
        'tiny.py', '--traceback', '--cfg-options', 'model.type=SetSimm'
    )

    assert status == 1
    assert 'Traceback (most recent call last)' in errors
    last = errors.splitlines()[-1]
    assert last.startswith('Error: ') and "'SetSimm'" in last
