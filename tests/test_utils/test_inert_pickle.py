"""The inert unpickler on malicious and damaged streams."""

import copyreg
import io
import pickle
from collections import OrderedDict

import pytest
import torch

from setsim_mm.utils import inert_pickle
from setsim_mm.utils.inert_pickle import Inert

from ..hostile_files import Call, Ops, calls, in_legacy, in_zip

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
# The unpickler is passed to torch.load.
HOW = dict(map_location='cpu', weights_only=False, pickle_module=inert_pickle)


def read(stream):
    return inert_pickle.load(io.BytesIO(stream))


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_calls_run_with_the_standard_unpickler(protocol, tmp_path):
    for name, call in calls(tmp_path / 'marker'):
        pickle.loads(pickle.dumps(call, protocol=protocol))
        assert (tmp_path / 'marker').exists(), name
        (tmp_path / 'marker').rmdir()


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_no_call_runs_and_other_objects_are_loaded(protocol, tmp_path):
    for name, call in calls(tmp_path / 'marker'):
        content = dict(before=[1, 2.5], call=call, nested=[(call, 'x')], after={'a'})

        found = read(pickle.dumps(content, protocol=protocol))

        assert not (tmp_path / 'marker').exists(), name
        assert found['before'] == [1, 2.5]
        assert isinstance(found['call'], Inert)
        assert isinstance(found['nested'][0][0], Inert) and found['nested'][0][1] == 'x'


@pytest.mark.parametrize('put', [in_zip, in_legacy])
@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_no_call_runs_through_torch_load(put, protocol, tmp_path):
    for name, call in calls(tmp_path / 'marker'):
        path = put(pickle.dumps(dict(a=1, b=call), protocol=protocol), tmp_path / 'a')
        assert torch.load(path, **HOW)['a'] == 1
        assert not (tmp_path / 'marker').exists(), name


class Strange(list):
    """A list with items, attributes and arguments."""

    def __init__(self, *args):
        super().__init__([1, 2])
        self.attribute = args


class StrangeDict(dict):
    """A dictionary of another type."""


def test_all_kinds_of_objects_become_inert():
    content = dict(
        items=Strange(3),
        mapping=StrangeDict(a=1),
        function=pickle.loads,
        kind=Strange,
        error=ValueError('x'),
        keywords=Call(Call, 1),
        weights=OrderedDict(a=1),
    )
    found = read(pickle.dumps(content, protocol=4))
    assert found.pop('weights') == {'a': 1}
    assert {type(value) for value in found.values()} == {Inert}


# A name with dots refers to an attribute.
SYSTEM = b'\x80\x04\x8c\x02os\x8c\x0bpath.system\x93'
STREAMS = {
    'dotted name': SYSTEM + b'\x8c\x04true\x85R.',
    'created by NEWOBJ': b'\x80\x02' + Ops.name('os', 'system') + b')\x81.',
    'created by NEWOBJ_EX': b'\x80\x04' + Ops.name('os', 'system') + b')}\x92.',
    'created by OBJ': b'(' + Ops.name('os', 'system') + Ops.text('true') + b'o.',
    'created by INST': b'(S"true"\nios\nsystem\n.',
    'with attributes': b'\x80\x02' + Ops.name('os', 'system') + b'}b.',
}


@pytest.mark.parametrize('stream', STREAMS.values(), ids=STREAMS)
def test_all_operations_that_create_objects_create_inert_ones(stream):
    assert isinstance(read(stream), Inert)


def test_registered_names_are_not_looked_up(monkeypatch):
    monkeypatch.setitem(copyreg._inverted_registry, 1, ('os', 'system'))
    monkeypatch.setitem(copyreg._extension_cache, 2, pickle.loads)
    assert isinstance(read(b'\x80\x02\x82\x01.'), Inert)
    assert isinstance(read(b'\x80\x02\x82\x02.'), Inert)


REBUILD = Ops.name('torch._utils', '_rebuild_tensor_v2')
ORDERED = Ops.name('collections', 'OrderedDict')
BROKEN = {
    'call of a string': Ops.call(Ops.text('a'), Ops.number(1)),
    'call of a list': b'])R',
    'item of a number': Ops.number(1) + Ops.text('a') + Ops.number(2) + b's',
    'items of a list': b'](' + Ops.number(0) + Ops.number(2) + b'u',
    'item without a value': b'}(' + Ops.text('a') + b'u',
    'tensor of a string': Ops.call(REBUILD, *[Ops.text('a')] * 4),
    'stored elsewhere': Ops.tuple(Ops.text('module'), ORDERED) + b'Q',
    'empty stack': b't',
    'unknown operation': b'\xff',
    'missing memo': b'h\x05',
    'unhashable key': b'}]' + Ops.number(1) + b's',
    'no end': b'',
    'buffer outside': b'\x97',
}


@pytest.mark.parametrize('operations', BROKEN.values(), ids=BROKEN)
def test_damaged_streams_raise_unpickling_errors(operations):
    end = b'.' if operations else b''
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        read(b'\x80\x04' + operations + end)


# The unpickler in C allocates this size before it checks the length of the file.
LARGE = (2**36).to_bytes(8, 'little')
CLAIMS = {
    'string': b'\x8d' + LARGE,
    'bytes': b'\x8e' + LARGE,
    'bytearray': b'\x96' + LARGE,
    'frame': b'\x95' + LARGE,
    'integer': b'\x8b\xff\xff\xff\x7f',
}


@pytest.mark.parametrize('claim', CLAIMS.values(), ids=CLAIMS)
def test_declared_sizes_are_checked(claim):
    with pytest.raises(pickle.UnpicklingError):
        read(b'\x80\x05' + claim + b'x.')


def test_high_memo_number_takes_no_memory():
    assert read(b'\x80\x02}r\xff\xff\xff\x7f.') == {}  # 34 GB in C


def test_functions_of_pytorch_cannot_be_changed():
    before = torch._utils._rebuild_tensor_v2.__defaults__
    for name in ('_rebuild_tensor_v2', '_rebuild_parameter'):
        change = b'}' + Ops.text('__defaults__') + Ops.tuple(Ops.number(1)) + b's'
        function = Ops.name('torch._utils', name)
        read(b'\x80\x02' + function + Ops.tuple(b'N', change) + b'b.')
    assert torch._utils._rebuild_tensor_v2.__defaults__ == before
    assert inert_pickle.tensor.__defaults__ is None
    assert inert_pickle.parameter.__defaults__ is None


def test_methods_cannot_be_hidden():
    hidden = b'}' + Ops.text('items') + Ops.number(1) + b's'
    found = read(b'\x80\x02' + Ops.call(ORDERED) + hidden + b'b.')
    assert list(found.items()) == []


def test_tensors_and_parameters_are_read(tmp_path):
    whole = torch.arange(12.0).view(3, 4)
    content = dict(
        whole=whole,
        part=whole.t()[1:3],
        parameter=torch.nn.Parameter(whole),
        empty=torch.empty(0, 3),
        scalar=torch.tensor(7),
        half=whole.half(),
        stranger=Strange(),
    )
    torch.save(content, tmp_path / 'zip')
    torch.save(content, tmp_path / 'legacy', _use_new_zipfile_serialization=False)
    for name in ('zip', 'legacy'):
        found = torch.load(tmp_path / name, **HOW)
        assert isinstance(found.pop('stranger'), Inert)
        for key, value in found.items():
            assert (
                torch.equal(value, content[key]) and value.dtype == content[key].dtype
            )
        assert not found['parameter'].requires_grad


@pytest.mark.parametrize('legacy', [False, True])
@pytest.mark.parametrize('stride', [1, 2])
def test_error_for_a_tensor_beyond_its_storage(stride, legacy, tmp_path):
    stream = Ops.state_dict(a=Ops.tensor(3, stored=2, stride=stride, legacy=legacy))
    if legacy:
        path = in_legacy(stream, tmp_path / 'a')
    else:
        path = in_zip(stream, tmp_path / 'a', {'0': bytes(8)})
    with pytest.raises(pickle.UnpicklingError, match='larger'):
        torch.load(path, **HOW)
