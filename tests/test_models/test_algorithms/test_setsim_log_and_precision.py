"""Logged values, mixed precision and short training of SetSim."""

from copy import deepcopy

import pytest
import torch
from mmengine.optim import OptimWrapper

from .plain_setsim import perturb, setsim
from .tiny_steps import (
    IMAGES,
    SET,
    SET_GEO_NN,
    overlapping_boxes,
    samples_with,
    two_views,
)

pytestmark = pytest.mark.usefixtures('tiny_backbone')


def test_logged_values():
    model = setsim()
    outputs = model(two_views(), samples_with(overlapping_boxes()), mode='loss')
    assert set(outputs) == {
        'loss_image',
        'loss_set',
        'attended_query',
        'attended_key',
        'positives_from_attention',
        'positives_added_by_geometry',
        'positives_added_by_nearest_neighbor',
        'positives_per_query',
        'images_without_positive',
    }
    total, logged = model.parse_losses(outputs)
    torch.testing.assert_close(total, outputs['loss_image'] + outputs['loss_set'])
    assert logged['loss'] == total
    for name, value in outputs.items():
        assert value.requires_grad == name.startswith('loss')
        assert value.dim() == 0
        assert value.isfinite()


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
@pytest.mark.parametrize('name', ['Random', 'Sort', 'Hungarian', 'Set2Set', 'Union'])
def test_autocast_gives_finite_losses_in_float32(dtype, name):
    matcher = SET_GEO_NN if name == 'Union' else {'type': f'{name}Matcher'}
    model = setsim(matcher)
    with torch.autocast('cpu', dtype=dtype):
        outputs = model.loss(two_views(), samples_with(overlapping_boxes()))
    total, _ = model.parse_losses(outputs)
    assert total.dtype == torch.float32
    total.backward()
    gradients = [p.grad for p in model.parameters() if p.requires_grad]
    assert all(value.isfinite() for value in outputs.values())
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert model.image_queue.features.dtype == torch.float32
    assert model.set_queue.features.isfinite().all()


def test_autocast_is_near_full_precision():
    model, views = setsim(SET), two_views()
    other = deepcopy(model)
    full = model.loss(views, None)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        half = other.loss(views, None)
    torch.testing.assert_close(
        half['loss_image'], full['loss_image'], rtol=0.05, atol=0
    )


def test_training_lowers_the_loss():
    model, views = setsim(queue_len=64), two_views()
    samples = samples_with(overlapping_boxes())
    optimizer = torch.optim.SGD(
        [p for p in model.parameters() if p.requires_grad], lr=0.1, momentum=0.9
    )
    # The queue stays as it is, so that steps can be compared.
    queues = [queue.features.clone() for queue in (model.image_queue, model.set_queue)]
    losses = []
    for _ in range(20):
        total, _ = model.parse_losses(model.loss(views, samples))
        losses.append(total.item())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        for queue, features in zip(
            (model.image_queue, model.set_queue), queues, strict=True
        ):
            queue.features.copy_(features)
    assert losses[-1] < 0.9 * losses[0]


def test_train_step_of_the_runner():
    """With the preprocessor and an optimizer wrapper."""
    model = setsim(data_preprocessor={'mean': (127.5,) * 3, 'std': (127.5,) * 3})
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    images = [
        [torch.randint(256, (3, 64, 64), dtype=torch.uint8) for _ in range(IMAGES)]
        for _ in range(2)
    ]
    samples = samples_with(overlapping_boxes())
    # A bias before BatchNorm has no gradient but that of rounding.
    trained = [p for name, p in model.backbone.named_parameters() if 'conv' not in name
               or 'weight' in name]  # fmt: skip
    before = [p.detach().clone() for p in trained]
    inputs = [torch.stack(view) for view in images]
    logged = model.train_step({'inputs': inputs, 'data_samples': samples}, wrapper)
    assert logged['loss'].isfinite()
    assert all(not a.equal(b) for a, b in zip(trained, before, strict=True))


def test_resuming_equals_uninterrupted_training():
    steps = [two_views() for _ in range(4)]
    samples = samples_with(overlapping_boxes())
    model = setsim()
    for views in steps[:2]:
        model.loss(views, samples)
    perturb(model)
    resumed = setsim()
    assert not resumed.load_state_dict(model.state_dict()).missing_keys
    for views in steps[2:]:
        expected, actual = model.loss(views, samples), resumed.loss(views, samples)
        for name, value in expected.items():
            assert actual[name].equal(value), name


def test_extract_feat_is_the_backbones_first_view():
    model, views = setsim().eval(), two_views()
    features = model(views, mode='tensor')
    assert [f.shape for f in features] == [(IMAGES, 8, 16, 16), (IMAGES, 12, 4, 4)]
    assert features[-1].equal(model.backbone(views[0])[-1])
