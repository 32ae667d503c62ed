"""Pickles of arrays as detectron2 publishes them, and hostile ones."""

import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch

from setsim_mm.utils import UserError, load_checkpoint
from setsim_mm.utils.inert_pickle import Inert

from ..hostile_files import calls

ARRAYS = {
    'floats': np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3),
    'columns first': np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    'big-endian': np.arange(3, dtype='>i8'),
    'scalar': np.array(5),
    'empty': np.zeros((0, 2), np.float16),
}


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL))
def test_arrays_become_tensors(protocol, tmp_path):
    content = dict(model=OrderedDict(ARRAYS), __author__='torchvision')
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps(content, protocol=protocol))

    found = load_checkpoint(tmp_path / 'a.pkl')

    assert found['__author__'] == 'torchvision'
    assert found['model'].keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert np.array_equal(found['model'][name].numpy(), array), name


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_code_runs(protocol, tmp_path):
    for name, call in calls(tmp_path / 'marker'):
        content = dict(model=dict(a=call), b=call)
        (tmp_path / 'a.pkl').write_bytes(pickle.dumps(content, protocol=protocol))
        found = load_checkpoint(tmp_path / 'a.pkl')
        assert not (tmp_path / 'marker').exists(), name
        assert isinstance(found['model']['a'], Inert)


def test_errors_for_objects_damage_and_size(tmp_path):
    array = np.ones(10**5, np.float32)
    contents = {
        'objects': dict(model=dict(a=np.array([{}], dtype=object))),
        'copies': dict(model={str(i): array for i in range(3)}),
    }
    files = {k: pickle.dumps(v, protocol=4) for k, v in contents.items()}
    files['truncated'] = pickle.dumps(dict(model=dict(a=array)), protocol=4)[:-1000]
    for name, content in files.items():
        (tmp_path / f'{name}.pkl').write_bytes(content)
        with pytest.raises(UserError, match=name):
            load_checkpoint(tmp_path / f'{name}.pkl')


@pytest.mark.parametrize('old', [False, True])
def test_pytorchs_files_may_have_this_suffix(old, tmp_path):
    torch.save(
        dict(state_dict=dict(a=torch.ones(2))),
        tmp_path / 'a.pkl',
        _use_new_zipfile_serialization=not old,
    )

    assert torch.equal(
        load_checkpoint(tmp_path / 'a.pkl')['state_dict']['a'], torch.ones(2)
    )


def test_safetensors_and_their_damage(tmp_path):
    library = pytest.importorskip('safetensors.torch')
    library.save_file(dict(a=torch.arange(3.0)), tmp_path / 'a.safetensors')
    whole = (tmp_path / 'a.safetensors').read_bytes()

    assert torch.equal(
        load_checkpoint(tmp_path / 'a.safetensors')['a'], torch.arange(3.0)
    )

    (tmp_path / 'a.safetensors').write_bytes(whole[:-1])
    with pytest.raises(UserError, match='damaged'):
        load_checkpoint(tmp_path / 'a.safetensors')
