"""Arrays of numbers in damaged and malicious files."""

import copy
import pickle

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

import setsim_mm.compat  # noqa: F401 - registers the replacements with PyTorch
from setsim_mm.utils.plain_arrays import KINDS, PlainArray

from ..hostile_files import Ops, in_zip

ZERO, ONE = Ops.number(0), Ops.number(1)


def read(path):
    return torch.load(path, weights_only=True)


def dtype(name='f8', names=b'N', fields=b'N', flags=ZERO):
    """Push a dtype with any state."""
    made = Ops.call(Ops.name('numpy', 'dtype'), Ops.text(name), b'\x89', b'\x88')
    sizes = [Ops.number(8)] * 2 if fields != b'N' else [Ops.number(-1)] * 2
    state = [Ops.number(3), Ops.text('<'), b'N', names, fields, *sizes, flags]
    return made + Ops.tuple(*state) + b'b'


def array(kind, content=b'A' * 8, size=1):
    """Push an array of this type."""
    made = Ops.call(
        Ops.name('numpy.core.multiarray', '_reconstruct'),
        Ops.name('numpy', 'ndarray'),
        Ops.tuple(ZERO),
        Ops.text('b'),
    )
    data = Ops.call(
        Ops.name('_codecs', 'encode'), Ops.text(content.decode()), Ops.text('latin1')
    )
    shape = Ops.tuple(Ops.number(size))
    return made + Ops.tuple(ONE, shape, kind, b'\x89', data) + b'b'


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('order', ['<', '>'])
def test_plain_numbers_are_loaded(kind, order, tmp_path):
    values = np.array([[1, 0], [1, 1]]).astype(np.dtype(kind).newbyteorder(order))
    content = dict(array=values, column=np.asfortranarray(values), scalar=values[0, 0])
    torch.save(content, tmp_path / 'a')
    for name, value in read(tmp_path / 'a').items():
        np.testing.assert_array_equal(value, content[name])
        assert value.dtype == np.dtype(kind)  # in this machine's order


def test_loaded_array_is_pickled_as_a_numpy_array(tmp_path):
    torch.save(dict(a=np.arange(3)), tmp_path / 'a')
    found = read(tmp_path / 'a')['a']
    assert isinstance(found, PlainArray)
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        np.testing.assert_array_equal(again, [0, 1, 2])
    assert type(pickle.loads(pickle.dumps(found))) is np.ndarray


def test_fields_and_flags_are_ignored(tmp_path):
    """NumPy reads such an array as addresses on printing."""
    names = Ops.tuple(Ops.text('a'))
    place = Ops.tuple(dtype('i8'), ZERO)
    kind = dtype(names=names, fields=b'}' + Ops.text('a') + place + b's', flags=ONE)
    path = in_zip(Ops.state_dict(a=array(kind)), tmp_path / 'a')
    found = read(path)['a']
    assert found.dtype == np.dtype('f8') and found.dtype.fields is None
    assert str(found)


@pytest.mark.parametrize(
    'value',
    [
        array(dtype('O')),
        array(dtype('V8')),
        array(dtype('U2')),
        array(dtype(), size=2),
        array(dtype(), size=-1),
        array(dtype(), size=2**62),
        array(ONE),
    ],
    ids=['objects', 'fields', 'text', 'too short', 'negative', 'overflow', 'no type'],
)
def test_error_for_other_arrays(value, tmp_path):
    with pytest.raises(pickle.UnpicklingError):
        read(in_zip(Ops.state_dict(a=value), tmp_path / 'a'))


def test_declared_size_is_ignored(tmp_path):
    made = Ops.call(Ops.name('numpy', 'ndarray'), Ops.tuple(Ops.number(2**40)))
    assert read(in_zip(Ops.state_dict(a=made), tmp_path / 'a'))['a'].size == 0


def history(**state):
    made = Ops.name('mmengine.logging.history_buffer', 'HistoryBuffer') + b')\x81'
    items = b''.join(Ops.text(name) + value + b's' for name, value in state.items())
    return made + b'}' + items + b'b'


def test_history_loads_only_numbers(tmp_path):
    HistoryBuffer()  # registers its statistics
    before = dict(HistoryBuffer._statistics_methods)
    replaced = Ops.text('mean') + Ops.name('torch', 'Size') + b's'
    made = history(
        _log_history=array(dtype()),
        _count_history=array(dtype()),
        max_length=Ops.number(10),
        mean=Ops.name('torch', 'Size'),
        statistics_methods=b'}' + replaced,
    )
    found = read(in_zip(Ops.state_dict(a=made), tmp_path / 'a'))['a']
    assert HistoryBuffer._statistics_methods == before
    assert type(found.data[0]) is np.ndarray and len(found.data[0]) == 1
    assert found.statistics('mean') == found.mean() == 1


@pytest.mark.parametrize('part', ['_log_history', '_count_history', 'max_length'])
def test_error_for_a_history_of_other_objects(part, tmp_path):
    state = dict(
        _log_history=array(dtype()),
        _count_history=array(dtype()),
        max_length=Ops.number(10),
    )
    state[part] = Ops.text('a')
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        read(in_zip(Ops.state_dict(a=history(**state)), tmp_path / 'a'))
