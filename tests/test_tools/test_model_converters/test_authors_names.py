"""Conversion between the authors' checkpoints and SetSim's."""

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from setsim_mm.registry import MODELS
from setsim_mm.utils import (
    UserError,
    extract_backbone,
    load_training_config,
)
from tests.authors_checkpoint import write_authors_checkpoint
from tests.test_tools.training_helpers import assert_same
from tools.model_converters.authors_names import (
    convert_from_authors,
    convert_to_authors,
)

CONFIG = Path(__file__).parents[3] / 'configs/selfsup/setsim_r50_200e_in1k_authors.py'


def build_authors_setting(**options):
    cfg = load_training_config(str(CONFIG), options).model
    cfg.queue_len = 8
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        return MODELS.build(cfg)


def saved_weights(path):
    return torch.load(path, weights_only=True)['state_dict']


@pytest.fixture(scope='module')
def converted(tmp_path_factory):
    """Weights and encoders of the authors' ResNet-50, and the converted file."""
    folder = tmp_path_factory.mktemp('authors')
    with torch.random.fork_rng():
        torch.manual_seed(1)
        weights, encoders = write_authors_checkpoint(folder / 'a.pth', 'resnet50')
    return weights, encoders, convert_from_authors(folder / 'a.pth', folder / 'b.pth')


@pytest.fixture(scope='module')
def setsim(converted):
    """SetSim with the authors' weights."""
    model = build_authors_setting()
    missing, unexpected = model.load_state_dict(
        saved_weights(converted[2]), strict=False
    )
    assert unexpected == []
    assert sorted(missing) == [
        f'{queue}_queue.{name}'
        for queue in ('image', 'set')
        for name in ('features', 'pointer')
    ]
    return model


def test_round_trip_is_exact(converted, tmp_path):
    weights, _, path = converted
    back = convert_to_authors(path, tmp_path / 'back.pth')
    assert_same(weights, saved_weights(back))


@pytest.mark.parametrize('side', ['encoder_q', 'encoder_k'])
@torch.no_grad()
def test_same_features_as_torchvision(side, converted, setsim):
    resnet, set_projector = converted[1].eval()[side]
    ours = setsim.eval() if side == 'encoder_q' else setsim.eval().momentum_encoder
    images = torch.randn(2, 3, 64, 96)

    feature_map = ours.backbone(images)[-1]
    image_projection, set_projection = ours.neck(feature_map)

    expected = images
    for name, layer in resnet.named_children():
        if name not in ('avgpool', 'fc'):
            expected = layer(expected)
    assert expected.shape == (2, 2048, 2, 3)
    torch.testing.assert_close(feature_map, expected)
    torch.testing.assert_close(image_projection, resnet(images))
    torch.testing.assert_close(set_projection, set_projector(expected))


def test_first_update_continues_from_the_authors_key_encoder(converted, setsim):
    weights = converted[0]
    theirs = [weights[f'module.encoder_{side}.0.conv1.weight'] for side in 'kq']

    encoder = deepcopy(setsim.momentum_encoder)
    encoder.update(setsim.backbone, setsim.neck)

    after = encoder.backbone.conv1.weight
    torch.testing.assert_close(after, theirs[0].lerp(theirs[1], 1 - 0.999))
    assert not torch.allclose(theirs[0], theirs[1], atol=1e-3)


def test_backbone_of_the_converted_checkpoint(converted):
    weights, _, path = converted
    backbone = extract_backbone(path)
    assert len(backbone) == 318  # of torchvision's 320 all but fc
    for name, value in backbone.items():
        assert torch.equal(value, weights[f'module.encoder_q.0.{name}']), name


def test_round_trip_of_a_setsim_checkpoint(tmp_path):
    options = {
        'model.backbone.depth': 18,
        'model.neck.in_channels': 512,
        'model.neck.hid_channels': 16,
    }
    model = build_authors_setting(**options)
    ours = model.state_dict()
    torch.save(dict(state_dict=ours), tmp_path / 'ours.pth')

    theirs = convert_to_authors(tmp_path / 'ours.pth', tmp_path / 'theirs.pth')
    back = saved_weights(convert_from_authors(theirs, tmp_path / 'back.pth'))

    assert all(name.startswith('module.encoder_') for name in saved_weights(theirs))
    lost = {name for name in ours if 'queue' in name}
    assert back.keys() == ours.keys() - lost
    for name in back.keys() - {'momentum_encoder.updates'}:
        assert torch.equal(back[name], ours[name]), name


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            lambda w: [w.pop(n) for n in list(w) if '_q.1.' in n or '_k.1.' in n],
            r"of the authors' program: 8 .*\(encoder_q\.1\.0\.weight is missing; "
            r'encoder_q\.1\.0\.bias is missing; .*; \.\.\.\)',
        ),
        (
            lambda w: w.pop('module.encoder_k.0.layer3.1.bn2.running_var'),
            r': 1 .*\(encoder_k\.0\.layer3\.1\.bn2\.running_var is missing\)',
        ),
        (
            lambda w: w.update({'module.queue': torch.ones(1)}),
            r': 1 .*\(queue is not known\)',
        ),
    ],
    ids=['no set projector', 'one weight missing', 'a queue'],
)
def test_checkpoint_is_not_the_authors(change, message, tmp_path):
    weights, _ = write_authors_checkpoint(tmp_path / 'a.pth')
    change(weights)
    torch.save(dict(state_dict=weights), tmp_path / 'a.pth')

    with pytest.raises(UserError, match=message):
        convert_from_authors(tmp_path / 'a.pth', tmp_path / 'b.pth')
    assert not (tmp_path / 'b.pth').exists()


def test_wrong_direction(tmp_path):
    write_authors_checkpoint(tmp_path / 'a.pth')
    ours = convert_from_authors(tmp_path / 'a.pth', tmp_path / 'b.pth')

    with pytest.raises(UserError, match=r'encoder_q\.0\.conv1\.weight is missing'):
        convert_from_authors(ours, tmp_path / 'c.pth')
    with pytest.raises(UserError, match=r'SetSim with a ResNet: .*\(backbone\.conv1'):
        convert_to_authors(tmp_path / 'a.pth', tmp_path / 'c.pth')


def test_checkpoint_is_not_overwritten(tmp_path):
    path = tmp_path / 'a.pth'
    write_authors_checkpoint(path)
    with pytest.raises(UserError, match='is the checkpoint itself'):
        convert_from_authors(path, path)
