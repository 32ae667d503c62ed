import os
import pickle
import re
import signal

import pytest
import torch
from mmengine.registry import Registry, build_from_cfg
from torch.utils.data import DataLoader

from setsim_mm.models.matchers import Set2SetMatcher
from setsim_mm.utils import UserError, explain, sentences_for_errors
from setsim_mm.utils.config_errors import accepted_arguments

from ..hostile_files import Call

PARTS = Registry('part')


class Base:
    def __init__(self, size, depth=1):
        if size < 0:
            raise ValueError('size must not be negative')


@PARTS.register_module()
class Derived(Base):
    def __init__(self, colour='red', **kwargs):
        super().__init__(**kwargs)


@PARTS.register_module()
class Heir(Derived):
    pass


def error_of(call, *args, **kwargs):
    with pytest.raises(Exception) as caught:
        call(*args, **kwargs)
    return caught.value


def call_data_loader():
    DataLoader([], batchsize=3)  # as mmengine's runner does, past the registries


def build_error(**cfg):
    return error_of(build_from_cfg, cfg, PARTS)


def test_arguments_are_followed_through_kwargs_to_the_bases():
    assert accepted_arguments(Derived) == ['colour', 'size', 'depth']
    assert accepted_arguments(Heir) == ['colour', 'size', 'depth']
    assert accepted_arguments(Base) == ['size', 'depth']


@pytest.mark.parametrize('name', ['Derived', 'Heir'])
def test_unknown_argument_names_the_class_that_the_config_names(name):
    # Python's own message names the base.
    sentence = explain(build_error(type=name, size=1, deepth=2))
    for fact in (name, "'deepth'", "mean 'depth'", 'colour, size, depth'):
        assert fact in sentence


def test_unknown_argument_outside_a_config():
    sentence = explain(error_of(call_data_loader))
    for fact in ('DataLoader', "'batchsize'", "mean 'batch_size'", 'dataset, '):
        assert fact in sentence


def test_missing_argument():
    sentence = explain(build_error(type='Derived'))
    assert 'Base' in sentence and "'size'" in sentence


def test_unknown_type():
    sentence = explain(build_error(type='Derivd'))
    for fact in ('a part of', "'Derivd'", "mean 'Derived'", '`custom_imports`'):
        assert fact in sentence
    assert 'did you mean' not in explain(build_error(type='Xyz'))


def test_config_without_a_type():
    assert 'has no `type`' in explain(build_error(size=1))


def test_errors_of_the_package_are_unchanged():
    error = error_of(Set2SetMatcher, threshold=2)
    assert explain(error) == str(error)
    assert explain(UserError('do this.')) == 'do this.'


def test_errors_of_other_packages_mention_the_traceback_option():
    sentence = explain(build_error(type='Derived', size=-1))
    assert 'size must not be negative' in sentence and '--traceback' in sentence


@pytest.mark.parametrize(
    'error',
    [AssertionError('a'), RuntimeError('b'), TypeError('c'), KeyError('d'), KeyError()],
)
def test_errors_of_the_program_are_not_explained(error):
    assert explain(error) is None


def test_gpu_out_of_memory():
    assert 'batch_size' in explain(torch.OutOfMemoryError('CUDA out of memory.'))


def test_damaged_checkpoint(tmp_path):
    for content in (b'', b'x', b'PK\x03\x04'):
        (tmp_path / 'a.pth').write_bytes(content)
        error = error_of(torch.load, tmp_path / 'a.pth')
        assert 'checkpoint is damaged' in explain(error)


@pytest.mark.parametrize('function', [os.mkdir, pickle.loads])
def test_checkpoint_with_code(function, tmp_path):
    torch.save(Call(function, 'a'), tmp_path / 'a.pth')
    error = error_of(torch.load, tmp_path / 'a.pth')
    sentence = explain(error)
    assert function.__name__ in sentence and '\n' not in sentence
    assert 'weights_only' not in sentence  # PyTorch's unsafe advice


def test_compiled_model_is_not_a_checkpoint(tmp_path):
    torch.jit.script(torch.nn.Linear(1, 1)).save(tmp_path / 'a.pth')
    error = error_of(torch.load, tmp_path / 'a.pth')
    assert 'checkpoint is damaged' in explain(error)


def test_escape_sequences_are_not_printed(capsys):
    with pytest.raises(SystemExit), sentences_for_errors():
        raise UserError('there is no file "\x1b[2J\udcff": name another one.')
    assert capsys.readouterr().err == (
        'Error: there is no file "\\x1b[2J\\udcff": name another one.\n'
    )


class Broken(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        raise UserError('repair the images: they cannot be read.')


def test_error_in_a_worker_process_has_no_traceback():
    error = error_of(next, iter(DataLoader(Broken(), num_workers=1)))

    assert 'Original Traceback' in str(error)
    assert explain(error) == 'repair the images: they cannot be read.'


def test_error_is_printed_without_a_traceback(capsys):
    with pytest.raises(SystemExit) as caught, sentences_for_errors():
        raise UserError('do this.')

    assert caught.value.code == 1
    assert capsys.readouterr().err == 'Error: do this.\n'


def test_traceback_on_request(capsys):
    with pytest.raises(SystemExit), sentences_for_errors(show_traceback=True):
        raise UserError('do this.')

    printed = capsys.readouterr().err
    assert re.match('Traceback.*UserError: do this.\nError: do this.\n$', printed, re.S)


def test_errors_of_the_program_pass_through():
    with pytest.raises(AssertionError), sentences_for_errors():
        raise AssertionError


def test_exit_status_after_an_interrupt():
    with pytest.raises(SystemExit) as caught, sentences_for_errors():
        raise KeyboardInterrupt

    assert caught.value.code == 128 + signal.SIGINT
