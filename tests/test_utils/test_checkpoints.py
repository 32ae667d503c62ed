import os
import subprocess
import sys
from collections import OrderedDict

import pytest
import torch

from setsim_mm.transfer.export import export_backbone
from setsim_mm.utils import UserError, extract_backbone
from setsim_mm.utils.checkpoints import load_checkpoint, model_weights

from ..foreign_checkpoints import RESNET_PROJECTS

WEIGHTS = {
    'backbone.conv1.weight': torch.ones(2, 2),
    'backbone.bn1.num_batches_tracked': torch.tensor(3),
    'neck.conv.weight': torch.ones(3),
    'momentum_encoder.backbone.conv1.weight': torch.zeros(2, 2),
    'backbones': torch.zeros(1),  # not the prefix `backbone.`
}


def saved(path, weights, prefix=''):
    state_dict = OrderedDict((prefix + name, value) for name, value in weights.items())
    torch.save(dict(state_dict=state_dict, meta=dict(epoch=1)), path)
    return path


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_extract_backbone_removes_the_prefix_and_all_other_weights(tmp_path, prefix):
    backbone = extract_backbone(saved(tmp_path / 'a.pth', WEIGHTS, prefix))

    assert list(backbone) == ['conv1.weight', 'bn1.num_batches_tracked']
    assert torch.equal(backbone['conv1.weight'], torch.ones(2, 2))


def test_extract_backbone_of_weights_without_a_state_dict(tmp_path):
    torch.save(WEIGHTS, tmp_path / 'a.pth')

    assert len(extract_backbone(tmp_path / 'a.pth')) == 2


@pytest.mark.parametrize('project', RESNET_PROJECTS)
def test_extract_backbone_of_every_project_with_a_prefix(tmp_path, project):
    state = {'conv1.weight': torch.rand(2), 'layer1.0.bn1.weight': torch.rand(3)}
    torch.save(RESNET_PROJECTS[project](state), tmp_path / 'a.pth')

    if project in ('torchvision and timm', 'DINO, backbone', 'extracted', 'SwAV'):
        with pytest.raises(UserError, match=r'encoder_q\.\*.*\(but conv1.*layer1'):
            extract_backbone(tmp_path / 'a.pth')
        return
    found = extract_backbone(tmp_path / 'a.pth')
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_model_weights_are_those_that_mmengine_loads():
    weights = {'a': torch.ones(2)}

    assert model_weights(dict(state_dict={'module.a': weights['a']})) == weights
    assert model_weights(weights) == weights
    assert model_weights(dict(model=weights)) == {}  # mmengine would load nothing


def test_saved_file_holds_only_the_backbone(tmp_path):
    # Tensors of a checkpoint may share one storage, which torch.save would write.
    storage = torch.zeros(100_000)
    checkpoint = saved(tmp_path / 'a.pth', {'backbone.a': storage[:2]})

    out = export_backbone(checkpoint, tmp_path / 'deep' / 'b.pth')

    assert out.stat().st_size < 10_000
    assert torch.load(out, weights_only=True)['state_dict']['a'].tolist() == [0, 0]
    assert os.listdir(tmp_path / 'deep') == ['b.pth']


def test_failed_write_leaves_the_earlier_file(tmp_path, monkeypatch):
    checkpoint = saved(tmp_path / 'a.pth', WEIGHTS)
    out = tmp_path / 'out' / 'b.pth'
    export_backbone(checkpoint, out)
    before = out.read_bytes()

    def fill_disk(content, file):
        file.write(b'half')
        raise RuntimeError('PytorchStreamWriter failed writing file: disk full')

    monkeypatch.setattr(torch, 'save', fill_disk)
    with pytest.raises(UserError, match=r'cannot be written \(.*disk full'):
        export_backbone(checkpoint, out)

    assert out.read_bytes() == before
    assert os.listdir(out.parent) == ['b.pth']


def test_checkpoint_is_not_overwritten(tmp_path):
    checkpoint = saved(tmp_path / 'a.pth', WEIGHTS)

    with pytest.raises(UserError, match='is the checkpoint itself'):
        export_backbone(checkpoint, tmp_path / '.' / 'a.pth')


def test_output_is_a_folder(tmp_path):
    checkpoint = saved(tmp_path / 'a.pth', WEIGHTS)
    (tmp_path / 'folder.pth').mkdir()

    with pytest.raises(UserError, match=r"folder\.pth' cannot be written"):
        export_backbone(checkpoint, tmp_path / 'folder.pth')
    assert sorted(os.listdir(tmp_path)) == ['a.pth', 'folder.pth']


def test_output_folder_is_a_file(tmp_path):
    checkpoint = saved(tmp_path / 'a.pth', WEIGHTS)

    with pytest.raises(UserError, match='cannot be written'):
        export_backbone(checkpoint, checkpoint / 'b.pth')


def test_missing_checkpoint(tmp_path):
    with pytest.raises(UserError, match='there is no checkpoint'):
        extract_backbone(tmp_path / 'nothing.pth')


@pytest.mark.parametrize('content', [b'', b'no checkpoint', b'PK\x03\x04 half a file'])
def test_file_is_not_a_checkpoint(tmp_path, content):
    path = tmp_path / 'a.pth'
    path.write_bytes(content)

    with pytest.raises(UserError, match='is damaged, or not a checkpoint'):
        extract_backbone(path)


def test_truncated_checkpoint(tmp_path):
    path = saved(tmp_path / 'a.pth', WEIGHTS)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(UserError, match='is damaged, or not a checkpoint'):
        extract_backbone(path)


def test_file_without_weights(tmp_path):
    torch.save([1, 2], tmp_path / 'a.pth')
    with pytest.raises(UserError, match='holds a list'):
        extract_backbone(tmp_path / 'a.pth')

    torch.save(dict(state_dict=[1, 2]), tmp_path / 'b.pth')
    with pytest.raises(UserError, match=r'backbone\.\*.*\(but nothing\)'):
        extract_backbone(tmp_path / 'b.pth')


def test_checkpoint_without_a_backbone(tmp_path):
    weights = {'conv1.weight': torch.ones(1), 'fc.bias': torch.ones(1)}
    path = saved(tmp_path / 'a.pth', weights)

    with pytest.raises(UserError, match=r'\(but conv1, fc\)'):
        extract_backbone(path)


PLAIN_MMENGINE = """
import sys
import numpy as np
import torch
from mmengine.logging import HistoryBuffer

history = HistoryBuffer()
history.update(1.5)
torch.save(
    dict(
        state_dict={'module.backbone.conv1.weight': torch.nn.Parameter(torch.ones(2))},
        message_hub=dict(log_scalars={'loss': history}),
        meta=dict(time=np.float32(1)),
    ),
    sys.argv[1],
)
"""


def test_checkpoint_of_mmengine_without_this_package(tmp_path):
    # mmengine alone saves the log history with its methods, which PyTorch rejects.
    path = tmp_path / 'a.pth'
    subprocess.run([sys.executable, '-c', PLAIN_MMENGINE, path], check=True)

    assert extract_backbone(path)['conv1.weight'].tolist() == [1, 1]


class RunsACommand:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_no_code_of_a_checkpoint_runs(tmp_path):
    torch.save(
        dict(state_dict=WEIGHTS, evil=RunsACommand(tmp_path / 'made')),
        tmp_path / 'a.pth',
    )

    load_checkpoint(tmp_path / 'a.pth')

    assert not (tmp_path / 'made').exists()
