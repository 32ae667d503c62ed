"""A whole pre-training in one call, its continuation, and unsuitable requests."""

import json

import pytest
import torch

import setsim_mm
from setsim_mm.utils import UserError
from tests.test_tools.training_helpers import write_images

TINY = {
    'train_dataloader.dataset.pipeline.1.transforms.0.0.size': 32,
    'train_dataloader.num_workers': 0,
    # A sixteenth of the width.
    'model.backbone.stem_channels': 4,
    'model.backbone.base_channels': 4,
    'model.neck.in_channels': 32,
    'model.neck.hid_channels': 32,
    'default_hooks.checkpoint.interval': 1,
    'default_hooks.checkpoint.max_keep_ckpts': 2,
}


def test_one_call_trains_and_the_same_call_goes_on(tmp_path, capsys):
    images, out = write_images(tmp_path / 'images', 16), tmp_path / 'out'
    call = dict(data=images, out=out, epochs=2, cfg_options=TINY)

    results = setsim_mm.pretrain(**call)

    assert results.checkpoint == out / 'epoch_2.pth'
    assert all(path.stat().st_size for path in results.files)
    weights = torch.load(results.backbones[0], weights_only=True)['state_dict']
    assert weights['conv1.weight'].shape == (4, 3, 7, 7)
    assert all(0 <= share <= 1 for share in results.precision)
    output = capsys.readouterr().out
    assert 'epoch 1 of 2: loss' in output and 'epoch 2 of 2: loss' in output
    assert output.splitlines()[-1].startswith(f'The result is in {out}')

    for path in (results.checkpoint, *results.backbones):
        path.unlink()
    again = setsim_mm.pretrain(**call)
    output = capsys.readouterr().out
    assert 'epoch 1 of 2' not in output and 'epoch 2 of 2: loss' in output
    assert again.files == results.files
    repeated = torch.load(again.backbones[0], weights_only=True)['state_dict']
    for name, value in weights.items():
        assert torch.equal(value, repeated[name]), name

    plan = json.loads((out / 'plan.json').read_text())['plan']
    assert plan['epochs'] == 2 and plan['images'] == 16
    other = write_images(tmp_path / 'other', 16)
    for change, fact in ((dict(epochs=3), 'epochs is 2'), (dict(data=other), 'data')):
        with pytest.raises(UserError, match=f'another run .*{fact}'):
            setsim_mm.pretrain(**{**call, **change})
    (out / 'plan.json').unlink()
    with pytest.raises(UserError, match='another program'):
        setsim_mm.pretrain(**call)


def test_unsuitable_folders(tmp_path):
    (tmp_path / 'empty').mkdir()
    few = write_images(tmp_path / 'few', 3)
    for data, out, fact in (
        (tmp_path / 'nowhere', 'out', 'not a folder'),
        (tmp_path / 'empty', 'out', 'no image'),
        (few, 'out', '3 images are too few'),
        (few, 'few/out', 'inside the images'),
    ):
        with pytest.raises(UserError, match=fact):
            setsim_mm.pretrain(data, tmp_path / out)


def test_weights_that_do_not_fit(tmp_path):
    images = write_images(tmp_path / 'images', 16)
    weights = tmp_path / 'weights.pth'
    torch.save({'conv1.weight': torch.zeros(8, 3, 7, 7)}, weights)
    with pytest.raises(UserError, match=r'weights\.pth'):
        setsim_mm.pretrain(images, tmp_path / 'out', from_weights=weights)
    assert not list((tmp_path / 'out').glob('*.pth'))
