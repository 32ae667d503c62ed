"""tools/inspect_checkpoint.py on checkpoints of a training and on damaged files."""

import json

import pytest
import torch

from setsim_mm.transfer.export import export_backbone

from ..hostile_files import Call
from .training_helpers import run_python

TOOL = 'tools/inspect_checkpoint.py'


def test_a_finished_run(finished_run, tmp_path):
    checkpoint = finished_run.work_dir / 'epoch_2.pth'
    done = run_python(TOOL, checkpoint, cwd=tmp_path, new_interpreter=True)
    assert done.stderr == ''
    words = done.stdout.split()
    for word in ('whole:', 'state_dict/backbone', 'state_dict/momentum_encoder'):
        assert word in words
    assert 'train/loss' in words


def test_json(finished_run, in_this_process):
    checkpoint = finished_run.work_dir / 'epoch_2.pth'
    status, output, _ = in_this_process(TOOL, checkpoint, '--json')
    found = json.loads(output)
    assert status == 0
    assert (found['epoch'], found['iteration'], found['seed']) == (2, 4, 0)
    assert found['training']['optimizer'] and found['training']['schedulers'] == 1
    assert found['scalars']['train/loss']['values'] == 4
    assert not any(group['not_finite'] for group in found['weights'])


def test_only_the_config(finished_run, in_this_process):
    checkpoint = finished_run.work_dir / 'epoch_2.pth'
    status, output, _ = in_this_process(TOOL, checkpoint, '--config')
    meta = torch.load(checkpoint, weights_only=True)['meta']
    assert status == 0 and output == meta['cfg'] + '\n'


def test_extracted_weights(finished_run, in_this_process, tmp_path):
    weights = export_backbone(finished_run.work_dir / 'epoch_2.pth', tmp_path / 'a.pth')
    status, output, _ = in_this_process(TOOL, weights)
    assert status == 0 and 'no optimizer' in output
    status, output, errors = in_this_process(TOOL, weights, '--config')
    assert status == 1 and output == ''
    assert errors.startswith('Error: ') and 'no config' in errors


def test_the_config_does_not_control_the_terminal(in_this_process, tmp_path):
    torch.save(dict(meta=dict(cfg='a = 1\n\tb = "\x1b[2J"\r')), tmp_path / 'a.pth')
    _, output, _ = in_this_process(TOOL, tmp_path / 'a.pth', '--config')
    assert output == 'a = 1\n\tb = "\\x1b[2J"\\r\n'


@pytest.mark.parametrize('option', ['--json', '--config', '--traceback'])
def test_a_wrong_checksum(option, in_this_process, tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(dict(meta=dict(cfg='a = 1'), a=torch.arange(1000.0)), path)
    data = bytearray(path.read_bytes())
    data[data.index(torch.arange(1000.0).numpy().tobytes()) + 100] ^= 1
    path.write_bytes(data)
    status, output, errors = in_this_process(TOOL, path, option)
    assert status == 1 and output
    assert 'Error: ' in errors and 'data/0' in errors


@pytest.mark.parametrize('content', [None, b'', b'text', b'PK\x03\x04'])
def test_another_file_is_an_error_of_one_line(content, in_this_process, tmp_path):
    path = tmp_path / 'a.pth'
    if content is not None:
        path.write_bytes(content)
    status, output, errors = in_this_process(TOOL, path)
    assert status == 1 and output == ''
    assert errors.startswith('Error: ') and errors.count('\n') == 1


def test_nothing_is_executed(in_this_process, tmp_path):
    marker = tmp_path / 'marker'
    code = f'__import__("os").mkdir({str(marker)!r})\n'
    content = dict(meta=dict(cfg=code, config=code), call=Call(exec, code))
    torch.save(content, tmp_path / 'a.pth')
    for options in ((), ('--json',), ('--config',)):
        status, output, _ = in_this_process(TOOL, tmp_path / 'a.pth', *options)
        assert status == 0 and output
    assert not marker.exists()
