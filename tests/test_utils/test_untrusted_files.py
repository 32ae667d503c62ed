"""Checkpoints with wrong sizes, with code, or with damage."""

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
    """Write a pickle to a file in one of PyTorch's two formats."""
    if request.param == 'zip':
        return lambda stream: in_zip(stream, tmp_path / 'a.pth', {'0': CONTENT})
    return lambda stream: in_legacy(stream, tmp_path / 'a.pth')


def assert_rejected(path):
    with pytest.raises(UserError, match=path.name):
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
    """A model that PyTorch can compile."""

    def forward(self, x):
        return x


def test_compiled_models_are_not_run(tmp_path):
    torch.jit.script(Model()).save(tmp_path / 'a.pth')
    assert_rejected(tmp_path / 'a.pth')


LARGE = 5 * 10**9
TENSORS = {
    'size': dict(size=LARGE),
    'absurd size': dict(size=10**12),
    'storage': dict(size=1, stored=LARGE),
    'expanded': dict(size=LARGE, stride=0),
}


@pytest.mark.parametrize('reader', ['torch', 'inert'])
@pytest.mark.parametrize('claim', TENSORS.values(), ids=TENSORS)
def test_error_for_a_tensor_larger_than_the_file(claim, reader, put):
    legacy = not is_zip(put(Ops.state_dict()))
    content = dict(a=Ops.tensor(**claim, legacy=legacy))
    if reader == 'inert':
        content['stranger'] = STRANGER
    assert_rejected(put(Ops.state_dict(**content)))


def test_error_for_a_tensor_without_content(put):
    call = Ops.call(Ops.name('torch', 'FloatTensor'), Ops.number(LARGE))
    assert_rejected(put(Ops.state_dict(a=call)))


def test_error_for_a_compressed_file(tmp_path):
    path = tmp_path / 'a.pth'
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('archive/data.pkl', pickle.dumps({}, protocol=2))
        archive.writestr('archive/data/0', bytes(2**26))
    assert_rejected(path)


def test_each_container_is_visited_once(put):
    value = [1]
    for _ in range(100):
        value = [value, value]  # 2**100 ways to the number
    found = read_untrusted(put(pickle.dumps(dict(a=value), protocol=2)))
    assert isinstance(found, dict)  # a comparison would not end


@pytest.mark.parametrize(
    'stream', [b'', b'\x80\x02t.', b'\x80\x02h\x05.', b'\x80\x02}']
)
def test_error_for_damaged_pickles(stream, put):
    assert_rejected(put(stream))


def test_methods_of_the_state_are_not_hidden(put):
    hidden = b'}' + Ops.text('items') + Ops.number(1) + b's'
    state = Ops.call(Ops.name('collections', 'OrderedDict')) + hidden + b'b'
    found = read_untrusted(put(Ops.state_dict(state_dict=state)))
    assert list(found['state_dict'].items()) == []


@pytest.mark.parametrize('memory_mapped', [False, True])
def test_training_checkpoint_is_loaded(memory_mapped, tmp_path):
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


def test_undamaged_file(tmp_path):
    assert damage_of(saved(tmp_path / 'a.pth')) is None


def test_damage_that_pytorch_does_not_detect(tmp_path):
    path = saved(tmp_path / 'a.pth')
    data = bytearray(path.read_bytes())
    place = data.index(torch.arange(1000.0).numpy().tobytes()[:64])
    data[place + 10] ^= 0xFF
    path.write_bytes(data)
    load_checkpoint(path)  # no error
    assert 'data/0' in damage_of(path)


def test_truncated_file(tmp_path):
    path = saved(tmp_path / 'a.pth')
    path.write_bytes(path.read_bytes()[:-100])
    assert damage_of(path)


def test_old_format_has_no_checksums(tmp_path):
    torch.save({}, tmp_path / 'a', _use_new_zipfile_serialization=False)
    assert damage_of(tmp_path / 'a') is None
