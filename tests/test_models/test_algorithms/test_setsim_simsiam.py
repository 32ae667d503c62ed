"""One training step of SetSimSiam against plain torch and against SimSiam itself."""

import pytest
import torch
from torch.nn import functional as F

from setsim_mm.registry import MODELS
from setsim_mm.structures import ViewFeatures

from .tiny_steps import (
    GEO,
    IMAGES,
    SET,
    SET_GEO_NN,
    TinyBackbone,
    overlapping_boxes,
    samples_with,
    two_views,
)

CHANNELS, HIDDEN, DIM, BOTTLENECK, WEIGHT = 12, 10, 8, 5, 0.3


class OneMap(TinyBackbone):
    """Return only the last map, as SimSiam's neck requires."""

    def forward(self, images):
        return super().forward(images)[-1:]


@pytest.fixture(autouse=True)
def tiny_backbone(restored_registries):
    MODELS.register_module(module=OneMap)


def setsim_simsiam(matcher=SET_GEO_NN, weight=WEIGHT, **options):
    """Build a small SetSimSiam through mmselfsup's registry."""
    neck = {
        'type': 'SetSimSiamNeck',
        'in_channels': CHANNELS,
        'hid_channels': HIDDEN,
        'out_channels': DIM,
    }
    head = {
        'type': 'SetSimSiamHead',
        'in_channels': DIM,
        'hid_channels': BOTTLENECK,
        'loss': {'type': 'SetCosineLoss'},
        'loss_lambda': weight,
    }
    return MODELS.build(
        {
            'type': 'SetSimSiam',
            'backbone': {'type': 'OneMap'},
            'neck': neck,
            'head': head,
            'matcher': matcher,
            **options,
        }
    )


def plain_losses(model, views, boxes, directions):
    """The step of SimSiam's pseudo-code, at both levels."""
    maps = [model.backbone(view)[-1] for view in views]  # N, C, H, W
    neck, head = model.neck, model.head
    images = [neck.image_projector(z.mean((2, 3))) for z in maps]  # N, D
    sets = [neck.set_projector(z) for z in maps]  # N, D, H, W
    image_loss = set_loss = 0
    for q, k in directions:
        prediction = head.image_predictor(images[q])
        image_loss -= F.cosine_similarity(prediction, images[k].detach()).mean()

        box_q, box_k = (None, None) if boxes is None else (boxes[:, q], boxes[:, k])
        with torch.no_grad():
            correspondence = model.matcher(
                ViewFeatures(maps[q], box_q), ViewFeatures(maps[k], box_k)
            )
        prediction = head.set_predictor(sets[q]).flatten(2)  # N, D, HW
        target = sets[k].detach().flatten(2)
        for n in range(len(correspondence)):
            of_image = [
                -torch.stack(
                    [
                        F.cosine_similarity(prediction[n, :, i], target[n, :, j], dim=0)
                        for j in row.nonzero()[:, 0]
                    ]
                ).mean()
                for i, row in enumerate(correspondence[n])
                if row.any()
            ]
            if of_image:
                set_loss += torch.stack(of_image).mean() / len(correspondence)
    return (
        (1 - WEIGHT) * image_loss / len(directions),
        WEIGHT * set_loss / len(directions),
    )


@pytest.mark.parametrize('sizes', [((64, 64), (64, 64)), ((64, 48), (32, 80))])
@pytest.mark.parametrize('matcher', [SET, SET_GEO_NN, {'type': 'SortMatcher'}])
@pytest.mark.parametrize('symmetric', [True, False])
def test_step_equals_the_plain_one(symmetric, matcher, sizes):
    model, views = setsim_simsiam(matcher, symmetric=symmetric), two_views(*sizes)
    boxes = overlapping_boxes()
    directions = [(0, 1), (1, 0)] if symmetric else [(0, 1)]

    expected = plain_losses(model, views, boxes, directions)
    parameters = list(model.parameters())
    expected_gradients = torch.autograd.grad(sum(expected), parameters)
    outputs = model(views, samples_with(boxes), mode='loss')
    total, _ = model.parse_losses(outputs)
    gradients = torch.autograd.grad(total, parameters)

    torch.testing.assert_close(outputs['loss_image'], expected[0])
    torch.testing.assert_close(outputs['loss_set'], expected[1])
    for (name, _), one, other in zip(
        model.named_parameters(), gradients, expected_gradients, strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5, msg=name)


def test_lambda_0_is_simsiam_itself():
    """mmselfsup's SimSiam with the same weights: same loss, same gradients."""
    model = setsim_simsiam(SET, weight=0)
    norm_cfg = {'type': 'BN1d'}
    simsiam = MODELS.build(
        {
            'type': 'SimSiam',
            'backbone': {'type': 'OneMap'},
            'neck': {
                'type': 'NonLinearNeck',
                'in_channels': CHANNELS,
                'hid_channels': HIDDEN,
                'out_channels': DIM,
                'num_layers': 3,
                'with_last_bn_affine': False,
                'norm_cfg': norm_cfg,
            },
            'head': {
                'type': 'LatentPredictHead',
                'loss': {'type': 'CosineSimilarityLoss'},
                'predictor': {
                    'type': 'NonLinearNeck',
                    'in_channels': DIM,
                    'hid_channels': BOTTLENECK,
                    'out_channels': DIM,
                    'with_avg_pool': False,
                    'with_last_bn': False,
                    'with_last_bias': True,
                    'norm_cfg': norm_cfg,
                },
            },
        }
    )
    simsiam.backbone.load_state_dict(model.backbone.state_dict())
    pairs = [(simsiam.backbone, model.backbone)]
    for theirs, ours in (
        (simsiam.neck, model.neck.image_projector),
        (simsiam.head.predictor, model.head.image_predictor),
    ):
        for i in range(3):
            for name, index in ((f'fc{i}', 3 * i), (f'bn{i}', 3 * i + 1)):
                if hasattr(theirs, name):
                    getattr(theirs, name).load_state_dict(ours[index].state_dict())
                    pairs.append((getattr(theirs, name), ours[index]))

    views = two_views()
    theirs = simsiam.loss(views, None)['loss']
    outputs = model.loss(views, None)
    ours, _ = model.parse_losses(outputs)

    torch.testing.assert_close(ours, theirs)
    assert outputs['loss_set'] == 0
    ours.backward()
    theirs.backward()
    for one, other in pairs:
        for p, q in zip(one.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(p.grad, q.grad, rtol=1e-3, atol=1e-6)


def test_the_key_gets_no_gradient():
    """In one direction the second view adds nothing to the gradient."""
    model = setsim_simsiam(symmetric=False)
    views = two_views()
    views[1].requires_grad_()
    views[0].requires_grad_()
    outputs = model.loss(views, samples_with(overlapping_boxes()))
    model.parse_losses(outputs)[0].backward()
    assert views[0].grad.any()
    assert views[1].grad is None


def test_every_parameter_gets_a_gradient():
    model = setsim_simsiam()
    outputs = model.loss(two_views(), samples_with(overlapping_boxes()))
    model.parse_losses(outputs)[0].backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name


def test_no_unused_parameter_without_any_positive():
    boxes = torch.tensor([[[0.0, 0.0, 0.2, 0.2], [0.7, 0.7, 0.9, 0.9]]] * IMAGES)
    model = setsim_simsiam(GEO)
    outputs = model.loss(two_views(), samples_with(boxes))
    assert outputs['loss_set'] == 0
    assert outputs['images_without_positive'] == 1
    model.parse_losses(outputs)[0].backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_logged_values():
    outputs = setsim_simsiam().loss(two_views(), samples_with(overlapping_boxes()))
    losses = {name for name, value in outputs.items() if value.requires_grad}
    assert losses == {'loss_image', 'loss_set'}
    assert {'attended_query', 'positives_per_query'} < set(outputs)
    assert -1 <= sum(outputs[name] for name in losses) <= 1


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast_gives_finite_losses_in_float32(dtype):
    model = setsim_simsiam()
    with torch.autocast('cpu', dtype=dtype):
        outputs = model.loss(two_views(), samples_with(overlapping_boxes()))
    total, _ = model.parse_losses(outputs)
    assert total.dtype == torch.float32
    total.backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_training_aligns_predictions_with_projections():
    model, views = setsim_simsiam(), two_views()
    samples = samples_with(overlapping_boxes())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(30):
        total, _ = model.parse_losses(model.loss(views, samples))
        losses.append(total.item())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    assert losses[-1] < losses[0] - 0.3


@pytest.mark.parametrize('views', [1, 3])
def test_other_than_two_views(views):
    with pytest.raises(ValueError, match='num_views=2'):
        setsim_simsiam(SET).loss([torch.randn(IMAGES, 3, 32, 32)] * views, None)
