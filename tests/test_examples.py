"""The method in one file: it runs, and it computes what the package computes."""

import re
import sys
from copy import deepcopy

import pytest
import torch
import torchvision
from mmengine.config import Config
from mmengine.registry import DefaultScope

from examples.setsim_minimal import build_encoder, main, train_step
from setsim_mm.host import MODELS, SelfSupDataSample
from setsim_mm.models import FeatureQueue
from setsim_mm.models.utils import group_batch_norm
from setsim_mm.utils import random_state

from .test_tools.training_helpers import REPO, run_python, write_images

IMAGES, QUEUE, STEPS = 4, 64, 2
EXAMPLE = 'examples/setsim_minimal.py'


def configured_model():
    """Build SetSim as the paper has it, on a ResNet-18, with a short queue."""
    cfg = Config.fromfile(REPO / 'configs/selfsup/setsim_r18_200e_in100.py')
    cfg.model.queue_len = QUEUE
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        return MODELS.build(cfg.model).double().train()


def parts_of_example(model):
    """Return the example's encoders and queues with the weights of a model."""
    encoder_q = build_encoder('resnet18').double()
    encoder_q.f.load_state_dict(model.backbone.state_dict())
    encoder_q.g_img.load_state_dict(model.neck.image_projector.state_dict())
    encoder_q.g_set.load_state_dict(model.neck.set_projector.state_dict())
    group_batch_norm(32, encoder_q)
    encoder_k = deepcopy(encoder_q).requires_grad_(False)
    queues = [FeatureQueue(128, QUEUE).double() for _ in range(2)]
    for queue, original in zip(
        queues, (model.image_queue, model.set_queue), strict=True
    ):
        queue.load_state_dict(original.state_dict())
    return encoder_q, encoder_k, queues


def random_views():
    """Return two views, boxes, and the samples that hold the boxes."""
    views = [torch.randn(IMAGES, 3, 65, 65).double() for _ in range(2)]
    corners = torch.rand(
        IMAGES, 2, 2, 2
    ).double()  # of boxes that are large and overlap
    boxes = torch.cat([0.3 * corners[..., 0], 1 - 0.3 * corners[..., 1]], dim=2)
    boxes[::2, 1] = boxes[::2, 1][:, [2, 1, 0, 3]]  # mirrored
    samples = [SelfSupDataSample(metainfo={'view_boxes': box}) for box in boxes.numpy()]
    return views, list(boxes.unbind(dim=1)), samples


def assert_same_parameters(encoder, backbone, neck):
    theirs = [*backbone.parameters(), *neck.parameters()]
    for mine, other in zip(encoder.parameters(), theirs, strict=True):
        torch.testing.assert_close(mine, other)


def test_steps_are_those_of_the_configured_model(monkeypatch):
    """Losses, gradients, momentum encoder and queues, with keys shuffled in groups."""
    generator = torch.Generator().manual_seed(7)
    monkeypatch.setattr(random_state, '_shared_generator', generator)
    model = configured_model()
    encoder_q, encoder_k, queues = parts_of_example(model)
    assert model.neck.in_channels == encoder_q.g_img[0].in_features

    for step in range(STEPS):
        views, boxes, samples = random_views()
        expected = model.loss(views, samples)
        (expected['loss_image'] + expected['loss_set']).backward()

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(7)
            for _ in range(2 * step):
                torch.randperm(IMAGES)  # the orders of the steps before
            # The model draws the order of the second view first.
            swapped = views[::-1], boxes[::-1]
            L_img, L_set = train_step(encoder_q, encoder_k, queues, *swapped)
        ((L_img + L_set) / 2).backward()

        torch.testing.assert_close(L_img / 2, expected['loss_image'])
        torch.testing.assert_close(L_set / 2, expected['loss_set'])
        theirs = [*model.backbone.parameters(), *model.neck.parameters()]
        for mine, other in zip(encoder_q.parameters(), theirs, strict=True):
            torch.testing.assert_close(mine.grad, other.grad)
            with torch.no_grad():
                mine -= 0.1 * mine.grad
                other -= 0.1 * other.grad
            mine.grad = other.grad = None
        assert_same_parameters(
            encoder_k, model.momentum_encoder.backbone, model.momentum_encoder.neck
        )
        for mine, other in zip(
            queues, (model.image_queue, model.set_queue), strict=True
        ):
            written = 2 * IMAGES * step + torch.arange(2 * IMAGES)
            # The example has written the keys of the second view first.
            torch.testing.assert_close(
                mine.features[:, written], other.features[:, written.roll(IMAGES)]
            )


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """Train on a few images; return the folder and what was printed."""
    folder = tmp_path_factory.mktemp('minimal')
    images = write_images(folder / 'images', number=5)
    options = '--epochs 2 --batch 4 --size 64 --queue 12'
    done = run_python(
        EXAMPLE, images, *options.split(), cwd=folder, new_interpreter=True
    )
    return folder, done.stdout.splitlines()


def test_losses_are_finite_from_the_first_step(trained):
    _, lines = trained
    losses = [re.findall(r'(L_\w+) (-?[\d.]+)', line) for line in lines[:-1]]
    assert len(losses) == 4  # two steps an epoch, the second with one image
    assert all([name for name, _ in step] == ['L_img', 'L_set'] for step in losses)


def test_torchvision_loads_the_backbone(trained):
    folder, lines = trained
    path = folder / 'work_dirs/minimal/backbone.pth'
    assert lines[-1] == f'Backbone: {path.relative_to(folder)}'
    weights = torch.load(path, weights_only=True)
    resnet = torchvision.models.resnet18()
    before = resnet.state_dict()['conv1.weight'].clone()
    keys = resnet.load_state_dict(weights, strict=False)
    assert keys.missing_keys == ['fc.weight', 'fc.bias'] and not keys.unexpected_keys
    assert not resnet.conv1.weight.equal(before)
    assert weights['bn1.num_batches_tracked'] == 2 * 2 * 2  # views, steps, epochs


def test_a_missing_folder_ends_before_training(tmp_path, monkeypatch, capsys):
    folder = tmp_path / 'nowhere'
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'argv', ['setsim_minimal.py', str(folder)])
    with pytest.raises(SystemExit, match='1'):
        main()
    assert str(folder) in capsys.readouterr().err
