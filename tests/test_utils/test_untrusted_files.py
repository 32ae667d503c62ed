"""Checkpoints that claim more than they hold, hold code, or are damaged."""

import pickle
import zipfile
from collections import OrderedDict

import pytest
import torch
from mmengine.logging import HistoryBuffer

from setsim_mm.utils import UserError, load_checkpoint
from setsim_mm.utils.inert_pickle import Inert
from setsim_mm.utils.untrusted_files import damage_of, is_zip, read_untrusted

from ..hostile_files import Ops, calls, in_legacy, in_zip

STRANGER = Ops.call(Ops.name('somebody', 'Thing'))
CONTENT = bytes(4)


@pytest.fixture(params=['zip', 'legacy'])
def put(request, tmp_path):
    """Put a pickle into a file of one of PyTorch's two formats."""
    if request.param == 'zip':
        return lambda stream: in_zip(stream, tmp_path / 'a.pth', {'0': CONTENT})
    return lambda stream: in_legacy(stream, tmp_path / 'a.pth')


def assert_refused(path):
    with pytest.raises(UserError, match='is damaged, or not a checkpoint'):
        load_checkpoint(path)


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_code_runs(protocol, put, tmp_path):
    for name, call in calls(tmp_path / 'marker'):
        content = dict(state_dict=dict(a=1), optimizer=[call])
        found = read_untrusted(put(pickle.dumps(content, protocol=protocol)))
        assert not (tmp_path / 'marker').exists(), name
        assert found['state_dict'] == dict(a=1)
        assert isinstance(found['optimizer'][0], Inert)


class Model(torch.nn.Module):
    """One that PyTorch can compile."""

    def forward(self, x):
        return x


def test_compiled_models_are_not_run(tmp_path):
    torch.jit.script(Model()).save(tmp_path / 'a.pth')
    assert_refused(tmp_path / 'a.pth')


LARGE = 5 * 10**9
TENSORS = {
    'size': dict(size=LARGE),
    'absurd size': dict(size=10**12),
    'storage': dict(size=1, stored=LARGE),
    'expanded': dict(size=LARGE, stride=0),
}


@pytest.mark.parametrize('reader', ['torch', 'inert'])
@pytest.mark.parametrize('claim', TENSORS.values(), ids=TENSORS)
def test_a_tensor_that_does_not_fit_into_the_file(claim, reader, put):
    legacy = not is_zip(put(Ops.state_dict()))
    content = dict(a=Ops.tensor(**claim, legacy=legacy))
    if reader == 'inert':
        content['stranger'] = STRANGER
    assert_refused(put(Ops.state_dict(**content)))


def test_a_tensor_without_content(put):
    call = Ops.call(Ops.name('torch', 'FloatTensor'), Ops.number(LARGE))
    assert_refused(put(Ops.state_dict(a=call)))


def test_a_file_that_unpacks_to_much_more(tmp_path):
    path = tmp_path / 'a.pth'
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('archive/data.pkl', pickle.dumps({}, protocol=2))
        archive.writestr('archive/data/0', bytes(2**26))
    assert_refused(path)


def test_a_reference_that_doubles_is_followed_once(put):
    value = [1]
    for _ in range(100):
        value = [value, value]  # 2**100 ways to the number
    found = read_untrusted(put(pickle.dumps(dict(a=value), protocol=2)))
    assert isinstance(found, dict)  # not compared, which would take for ever


@pytest.mark.parametrize(
    'stream', [b'', b'\x80\x02t.', b'\x80\x02h\x05.', b'\x80\x02}']
)
def test_broken_pickles_are_a_sentence(stream, put):
    assert_refused(put(stream))


def test_methods_of_the_state_are_its_own(put):
    hidden = b'}' + Ops.text('items') + Ops.number(1) + b's'
    state = Ops.call(Ops.name('collections', 'OrderedDict')) + hidden + b'b'
    found = read_untrusted(put(Ops.state_dict(state_dict=state)))
    assert list(found['state_dict'].items()) == []


@pytest.mark.parametrize('memory_mapped', [False, True])
def test_what_training_saves_is_read(memory_mapped, tmp_path):
    history = HistoryBuffer([1.5, 2.5], [1, 1])
    shared = torch.arange(6.0)
    content = dict(
        state_dict=OrderedDict(a=shared[:2], b=shared, c=torch.tensor(3)),
        message_hub=dict(log_scalars={'train/loss': history}),
        expanded=torch.zeros(1).expand(1000),
    )
    torch.save(content, tmp_path / 'zip')
    torch.save(content, tmp_path / 'legacy', _use_new_zipfile_serialization=False)
    for name in ('zip', 'legacy'):
        found = read_untrusted(tmp_path / name, memory_mapped)
        assert torch.equal(found['state_dict']['b'], shared)
        assert found['state_dict']['a'].tolist() == [0, 1]
        scalars = found['message_hub']['log_scalars']
        assert scalars['train/loss'].data[0].tolist() == [1.5, 2.5]


def saved(path):
    torch.save(dict(state_dict=dict(a=torch.arange(1000.0))), path)
    return path


def test_a_whole_file_has_no_damage(tmp_path):
    assert damage_of(saved(tmp_path / 'a.pth')) is None


def test_bytes_that_pytorch_does_not_check_are_found(tmp_path):
    path = saved(tmp_path / 'a.pth')
    data = bytearray(path.read_bytes())
    place = data.index(torch.arange(1000.0).numpy().tobytes()[:64])
    data[place + 10] ^= 0xFF
    path.write_bytes(data)
    load_checkpoint(path)  # PyTorch does not notice
    assert 'data/0' in damage_of(path)


def test_a_truncated_file_is_found(tmp_path):
    path = saved(tmp_path / 'a.pth')
    path.write_bytes(path.read_bytes()[:-100])
    assert damage_of(path)


def test_the_old_format_has_no_checksums(tmp_path):
    torch.save({}, tmp_path / 'a', _use_new_zipfile_serialization=False)
    assert damage_of(tmp_path / 'a') is None
