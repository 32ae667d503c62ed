"""The repairs of the released wheels."""

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pickle import UnpicklingError
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.registry import RUNNERS as MMENGINE_RUNNERS
from mmengine.runner import CheckpointLoader

import setsim_mm.compat
from setsim_mm.compat import never_run_code_of_checkpoints
from setsim_mm.registry import LOOPS, RUNNER_CONSTRUCTORS, RUNNERS

from .hostile_files import Call


@pytest.fixture
def history():
    buffer = HistoryBuffer(max_length=10)
    for value in range(12):
        buffer.update(np.float64(value) / 4)
    return buffer


def test_training_loops_can_be_built():
    assert LOOPS.get('EpochBasedTrainLoop') is not None
    assert RUNNERS.get('Runner') is MMENGINE_RUNNERS.get('Runner')
    assert RUNNER_CONSTRUCTORS.get('Nobody') is None  # looked for without an error


def test_a_checkpoint_with_a_log_history_is_read_safely(history, tmp_path):
    path = tmp_path / 'epoch_1.pth'
    torch.save({'message_hub': {'log_scalars': {'train/loss': history}}}, path)
    loaded = torch.load(path, weights_only=True)
    buffer = loaded['message_hub']['log_scalars']['train/loss']
    assert buffer.data[0].tolist() == history.data[0].tolist()
    assert buffer.data[1].tolist() == history.data[1].tolist()
    assert buffer.mean(3) == history.mean(3)
    assert buffer.statistics('max') == 11 / 4
    buffer.update(7)
    assert buffer.current() == 7


def test_a_history_is_whole_in_a_process_that_made_none(history, tmp_path, monkeypatch):
    """The statistics methods live with the class, and loading makes no new buffer."""
    torch.save(history, tmp_path / 'history.pth')
    monkeypatch.setattr(HistoryBuffer, '_statistics_methods', {})
    loaded = torch.load(tmp_path / 'history.pth', weights_only=True)
    assert loaded.statistics('mean') == history.mean()


@pytest.mark.parametrize('kind', ['float64', 'float32', 'int64', 'int32'])
def test_numpy_values_are_read_safely(kind, tmp_path):
    values = {'array': np.arange(3, dtype=kind), 'scalar': np.dtype(kind).type(3)}
    torch.save(values, tmp_path / 'values.pth')
    loaded = torch.load(tmp_path / 'values.pth', weights_only=True)
    assert loaded['array'].tolist() == [0, 1, 2]
    assert loaded['array'].dtype == kind
    assert loaded['scalar'] == 3


class Stranger:
    """A type nobody has declared safe."""


def test_the_protection_stays_on(tmp_path):
    torch.save({'stranger': Stranger()}, tmp_path / 'stranger.pth')
    with pytest.raises(Exception, match=r'[Ww]eights.only'):
        torch.load(tmp_path / 'stranger.pth')


def test_saving_does_not_change_the_buffer(history):
    before = set(vars(history))
    history.__getstate__()
    assert set(vars(history)) == before
    assert history.statistics('current') == 11 / 4


@pytest.fixture
def served(tmp_path):
    """Serve a folder, which is returned with its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield tmp_path, f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


@pytest.mark.parametrize('place', ['file', 'address'])
def test_mmengine_runs_no_code_of_a_checkpoint(place, served, monkeypatch):
    folder, address = served
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    monkeypatch.setenv('TORCH_HOME', str(folder / 'cache'))
    torch.save(Call(os.mkdir, str(folder / 'marker')), folder / 'a.pth')
    path = folder if place == 'file' else address
    with pytest.raises(UnpicklingError):
        CheckpointLoader.load_checkpoint(f'{path}/a.pth', 'cpu')
    assert not (folder / 'marker').exists()
    assert os.environ['TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'] == '1'
    assert 'TORCH_FORCE_WEIGHTS_ONLY_LOAD' not in os.environ


@pytest.mark.parametrize('place', ['file', 'address'])
def test_mmengine_reads_weights_as_before(place, served, monkeypatch):
    folder, address = served
    monkeypatch.setenv('TORCH_HOME', str(folder / 'cache'))
    torch.save(dict(state_dict=dict(a=torch.ones(2))), folder / 'a.pth')
    path = folder if place == 'file' else address
    found = CheckpointLoader.load_checkpoint(f'{path}/a.pth', 'cpu')
    assert found['state_dict']['a'].tolist() == [1, 1]


@pytest.mark.parametrize(
    'content',
    [[1], dict(state_dict=[1]), dict(state_dict={1: 2}), dict(meta='a'), {1: 2}],
    ids=str,
)
def test_mmengine_refuses_what_holds_no_weights(content, tmp_path):
    torch.save(content, tmp_path / 'a.pth')
    with pytest.raises(UnpicklingError):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'a.pth'), 'cpu')


def test_a_second_try_without_protection_is_replaced(tmp_path, monkeypatch):
    """OneDL's mmengine has this function, which reads a rejected file again."""
    checkpoint = import_module('mmengine.runner.checkpoint')

    def again(file, map_location=None, weights_only=None):
        return torch.load(file, weights_only=False)

    monkeypatch.setattr(checkpoint, '_safe_torch_load', again, raising=False)
    schemes = dict(CheckpointLoader._schemes)
    monkeypatch.setattr(CheckpointLoader, '_schemes', schemes)
    never_run_code_of_checkpoints(checkpoint)
    torch.save(Call(os.mkdir, str(tmp_path / 'marker')), tmp_path / 'a.pth')
    for weights_only in (None, False):
        with pytest.raises(UnpicklingError):
            checkpoint._safe_torch_load(
                tmp_path / 'a.pth', 'cpu', weights_only=weights_only
            )
    assert not (tmp_path / 'marker').exists()


def test_a_message_of_onedls_packages_is_not_printed():
    printed = []
    logging = SimpleNamespace(print_log=lambda *args, **kwargs: printed.append(args))
    setsim_mm.compat.silence_missing_onedl(logging)
    logging.print_log('Could not import OneDL', level=10)
    logging.print_log('a warning', 'current')
    assert printed == [('a warning', 'current')]


def test_configs_of_a_fork_are_found(monkeypatch):
    utils = SimpleNamespace(
        MODULE2PACKAGE=dict(mmdet='mmdet', mmseg='absent', mmpretrain='mmpretrain')
    )
    present = {'mmdet', 'onedl-mmdetection', 'onedl-mmsegmentation'}
    monkeypatch.setattr(setsim_mm.compat, '_is_distribution', present.__contains__)
    setsim_mm.compat.add_names_of_forks(utils)
    assert utils.MODULE2PACKAGE == dict(
        mmdet='mmdet', mmseg='onedl-mmsegmentation', mmpretrain='mmpretrain'
    )
