"""One training step of SetSim against the same step in plain torch."""

import pytest
import torch

from setsim_mm.models.algorithms import setsim as algorithm

from .plain_setsim import QUEUE, assert_step_equals_plain, perturb, setsim
from .tiny_steps import (
    GEO,
    IMAGES,
    SET,
    SET_GEO_NN,
    overlapping_boxes,
    samples_with,
    two_views,
)

RESNET18 = {'type': 'ResNet', 'depth': 18, 'out_indices': [4]}


pytestmark = pytest.mark.usefixtures('tiny_backbone')


@pytest.mark.parametrize('symmetric', [True, False])
@pytest.mark.parametrize('nearest_neighbor', [True, False])
def test_steps_equal_the_plain_ones(symmetric, nearest_neighbor):
    """The first step copies to the momentum encoder, the fourth wraps the queue."""
    matcher = {**SET_GEO_NN, 'nearest_neighbor': nearest_neighbor}
    model = setsim(matcher, symmetric=symmetric)
    for _ in range(4):
        model.zero_grad()
        assert_step_equals_plain(
            model, two_views(), overlapping_boxes(), symmetric, nearest_neighbor
        )
        perturb(model)


def test_step_with_sets_alone_needs_no_boxes():
    model = setsim(SET)
    assert_step_equals_plain(model, two_views(), None, True, False)


@pytest.mark.parametrize('symmetric', [True, False])
def test_step_with_views_of_different_sizes(symmetric):
    model = setsim(symmetric=symmetric)
    views = two_views((64, 48), (32, 80))
    assert_step_equals_plain(model, views, overlapping_boxes(), symmetric, True)


def test_step_with_resnet18():
    model = setsim(backbone=RESNET18, channels=512)
    perturb(model)
    assert_step_equals_plain(model, two_views(), overlapping_boxes(), True, True)
    trained = {n for n, p in model.named_parameters() if p.grad is not None}
    assert trained == {
        n for n, _ in model.named_parameters() if not n.startswith('momentum_encoder.')
    }


def test_symmetric_is_the_mean_of_both_directions():
    views, boxes = two_views(), overlapping_boxes()
    model = setsim()
    one_way = [setsim(symmetric=False) for _ in range(2)]
    for other in one_way:
        other.load_state_dict(model.state_dict())
    both = model.loss(views, samples_with(boxes))
    there = one_way[0].loss(views, samples_with(boxes))
    back = one_way[1].loss(views[::-1], samples_with(boxes.flip(1)))
    for name, value in both.items():
        torch.testing.assert_close(value, (there[name] + back[name]) / 2)


@pytest.mark.parametrize(
    ('sizes', 'images'), [((), [2 * IMAGES]), (((64, 48), (32, 80)), [IMAGES, IMAGES])]
)
def test_the_head_gets_both_directions_at_once_if_the_maps_are_alike(sizes, images):
    model, calls = setsim(), []
    model.head.register_forward_pre_hook(lambda head, inputs: calls.append(inputs))
    model.loss(two_views(*sizes), samples_with(overlapping_boxes()))
    assert [len(query.image_projection) for query, *_ in calls] == images
    assert [len(correspondence) for _, _, correspondence, *_ in calls] == images


def test_joined_directions_have_the_same_loss_and_gradient(monkeypatch):
    views, boxes = two_views(), overlapping_boxes()
    results = []
    for joins in (True, False):
        torch.manual_seed(0)
        model = setsim(bn_group_size=None).double()
        if not joins:
            monkeypatch.setattr(algorithm, 'join_directions', lambda pairs: pairs)
        losses = model.loss([view.double() for view in views], samples_with(boxes))
        model.parse_losses(losses)[0].backward()
        trained = [*model.backbone.parameters(), *model.neck.parameters()]
        gradients = [parameter.grad for parameter in trained]
        results.append((losses, gradients, model.set_queue.features))
    torch.testing.assert_close(*results, rtol=1e-12, atol=1e-13)


def test_symmetric_loss_does_not_depend_on_the_order_of_views():
    views, boxes = two_views(), overlapping_boxes()
    model, other = setsim(), setsim()
    other.load_state_dict(model.state_dict())
    outputs = model.loss(views, samples_with(boxes))
    swapped = other.loss(views[::-1], samples_with(boxes.flip(1)))
    for name, value in outputs.items():
        torch.testing.assert_close(value, swapped[name])


def test_symmetric_is_the_default():
    assert setsim().symmetric


def test_one_momentum_update_a_step():
    model = setsim()
    for step in range(1, 4):
        model.loss(two_views(), samples_with(overlapping_boxes()))
        assert model.momentum_encoder.updates == step


def test_first_step_uses_the_weights_that_were_loaded():
    model, pretrained = setsim(SET), setsim(SET)
    perturb(pretrained)
    model.backbone.load_state_dict(pretrained.backbone.state_dict())
    model.loss(two_views(), None)
    keys = dict(model.momentum_encoder.backbone.named_parameters())
    for name, parameter in pretrained.backbone.named_parameters():
        assert keys[name].equal(parameter)


def test_every_query_parameter_gets_a_gradient_and_no_other():
    model = setsim()
    outputs = model.loss(two_views(), samples_with(overlapping_boxes()))
    model.parse_losses(outputs)[0].backward()
    for name, parameter in model.named_parameters():
        if name.startswith('momentum_encoder.'):
            assert not parameter.requires_grad
            assert parameter.grad is None
        else:
            assert parameter.grad.any(), name


@pytest.mark.parametrize('weight', [0, 1])
def test_no_unused_parameter_at_either_end_of_lambda(weight):
    loss = {'type': 'SetContrastiveLoss'}
    head = {'type': 'SetSimHead', 'loss': loss, 'loss_lambda': weight}
    model = setsim(SET, head=head)
    model.parse_losses(model.loss(two_views(), None))[0].backward()
    trained = [*model.backbone.parameters(), *model.neck.parameters()]
    assert all(parameter.grad is not None for parameter in trained)


def test_no_unused_parameter_without_any_positive():
    boxes = torch.tensor([[[0.0, 0.0, 0.2, 0.2], [0.7, 0.7, 0.9, 0.9]]] * IMAGES)
    model = setsim(GEO)
    outputs = model.loss(two_views(), samples_with(boxes))
    assert outputs['loss_set'] == 0
    assert outputs['images_without_positive'] == 1
    model.parse_losses(outputs)[0].backward()
    trained = [*model.backbone.parameters(), *model.neck.parameters()]
    assert all(parameter.grad is not None for parameter in trained)


def test_queues_hold_unit_keys_without_gradient():
    model = setsim()
    model.loss(two_views(), samples_with(overlapping_boxes()))
    for queue in (model.image_queue, model.set_queue):
        assert queue.pointer == 2 * IMAGES
        assert not queue.features.requires_grad
        torch.testing.assert_close(queue.features.norm(dim=0), torch.ones(QUEUE))
    assert not model.image_queue.features.equal(model.set_queue.features)


@pytest.mark.parametrize('batch', [1, 5, QUEUE])
def test_any_batch_size_up_to_the_queue(batch):
    model = setsim(SET)
    for _ in range(2):
        outputs = model.loss([torch.randn(batch, 3, 32, 32) for _ in range(2)], None)
        assert model.parse_losses(outputs)[0].isfinite()
    assert model.set_queue.pointer == 4 * batch % QUEUE
