"""Exports: what comes back from their files, and formats without names."""

import pickle
import sys

import numpy as np
import pytest
import torch

from setsim_mm.transfer.export import (
    FORMATS,
    export_backbone,
    export_backbones,
    require_format,
)
from setsim_mm.utils import UserError
from setsim_mm.utils.foreign_weights import find_backbone

from ..exported_backbones import built, checkpoint, of

__all__ = ['checkpoint']
KINDS = 'narrow vit convnext swin'
EXPORTS = [
    *((kind, 'mm') for kind in KINDS.split()),
    *((kind, library) for kind in KINDS.split() for library in ('torchvision', 'timm')),
    *((kind, 'detectron2') for kind in ('narrow', 'swin')),
    *((kind, 'mmdet') for kind in ('narrow', 'swin')),
    *((kind, 'mmseg') for kind in ('narrow', 'vit', 'swin')),
]


def assert_same(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


@pytest.mark.parametrize(('checkpoint', 'library'), EXPORTS, indirect=['checkpoint'])
@pytest.mark.parametrize('suffix', ['.pth', '.safetensors', '.pkl'])
def test_all_weights_come_back_bit_for_bit(checkpoint, library, suffix, tmp_path):
    backbone, path = checkpoint
    if suffix == '.safetensors':
        pytest.importorskip('safetensors')
    if (suffix == '.pkl') != (library == 'detectron2') and suffix != '.pth':
        with pytest.raises(UserError, match='suffix'):
            export_backbone(path, tmp_path / f'out{suffix}', library)
        return
    out = export_backbone(path, tmp_path / f'new/out{suffix}', library)

    expected = backbone.state_dict()
    if library == 'timm':  # computes Swin's index itself
        expected = {k: v for k, v in expected.items() if not k.endswith('_index')}
    assert_same(find_backbone(out, backbone.state_dict()).weights, expected)


def detectron2s_name(name: str) -> str:
    """Return a name as detectron2's tools/convert-torchvision-to-d2.py computes it."""
    name = name if 'layer' in name else f'stem.{name}'
    for stage in (1, 2, 3, 4):
        name = name.replace(f'layer{stage}', f'res{stage + 1}')
    for number in (1, 2, 3):
        name = name.replace(f'bn{number}', f'conv{number}.norm')
    name = name.replace('downsample.0', 'shortcut')
    return name.replace('downsample.1', 'shortcut.norm')


@of('narrow')
def test_detectron2s_pickle_has_its_published_format(checkpoint, tmp_path):
    backbone, path = checkpoint
    out = export_backbone(path, tmp_path / 'out.pkl', 'detectron2')

    # As detectron2's DetectionCheckpointer reads it.
    with open(out, 'rb') as file:
        content = pickle.load(file, encoding='latin1')

    assert content['__author__'] == 'setsim_mm'  # "Caffe2" would be renamed
    assert content['matching_heuristics'] is True
    expected = {detectron2s_name(k): v for k, v in backbone.state_dict().items()}
    assert content['model'].keys() == expected.keys()
    for name, value in expected.items():
        assert type(content['model'][name]) is np.ndarray
        assert np.array_equal(content['model'][name], value.numpy())


@pytest.mark.parametrize(
    ('checkpoint', 'others'),
    [
        ('narrow', 'torchvision timm detectron2 mmdet mmseg'),
        ('vit', 'torchvision timm detectron2 mmseg'),
        ('swin', 'torchvision timm detectron2 mmdet mmseg'),
    ],
    indirect=['checkpoint'],
)
def test_a_file_for_each_library_with_names(checkpoint, others, tmp_path):
    pytest.importorskip('safetensors')
    _, path = checkpoint
    written = export_backbones(path, tmp_path / 'backbones')
    assert [out.stem for out in written] == others.split()
    for out in written:
        if out.suffix == '.pkl':
            continue
        one = export_backbone(path, tmp_path / 'one' / out.name, out.stem)
        assert out.read_bytes() == one.read_bytes()


@of('convnext vit')
@pytest.mark.parametrize('library', FORMATS[1:])
def test_a_backbone_that_a_library_lacks(checkpoint, library, tmp_path):
    backbone, path = checkpoint
    named = {'torchvision', 'timm'}
    named |= {'detectron2', 'mmseg'} if 'cls_token' in backbone.state_dict() else set()
    if library in named:
        export_backbone(path, tmp_path / 'out.pth', library)
        return
    with pytest.raises(UserError, match='no names'):
        export_backbone(path, tmp_path / 'out.pth', library)
    assert not (tmp_path / 'out.pth').exists()


def test_a_deep_stem_has_no_names(tmp_path):
    weights = built('resnet', deep_stem=True).state_dict()
    content = dict(state_dict={f'backbone.{k}': v for k, v in weights.items()})
    torch.save(content, tmp_path / 'a.pth')

    with pytest.raises(UserError, match=r'stem\.0'):
        export_backbone(tmp_path / 'a.pth', tmp_path / 'b.pth', 'torchvision')


def test_a_format_that_does_not_exist():
    with pytest.raises(UserError, match='tensorflow'):
        require_format('a.pth', 'tensorflow')


@of('narrow')
def test_without_safetensors(checkpoint, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'safetensors', None)
    monkeypatch.setattr('setsim_mm.utils.weight_files.find_spec', lambda name: None)
    _, path = checkpoint

    with pytest.raises(UserError, match='pip install safetensors'):
        export_backbone(path, tmp_path / 'out.safetensors', 'timm')
