"""One training step of SetSim against the same step written out in plain torch."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from mmengine.optim import OptimWrapper
from mmselfsup.registry import MODELS
from mmselfsup.structures import SelfSupDataSample
from torch import nn
from torch.nn import functional as F

from setsim_mm.models.matchers import SortMatcher
from setsim_mm.registry import MATCHERS
from tests.references import (
    as_mask,
    corresponding_sets,
    geometric_pairs,
    info_nce,
    set_loss,
    with_nearest_neighbors,
)

from .tiny_steps import (
    GEO,
    IMAGES,
    RADIUS,
    SET,
    SET_GEO_NN,
    THRESHOLD,
    TinyBackbone,
    overlapping_boxes,
    samples_with,
    two_views,
)

QUEUE, DIM, MOMENTUM, TAU, WEIGHT = 16, 8, 0.9, 0.2, 0.3
RESNET18 = {'type': 'ResNet', 'depth': 18, 'out_indices': [4]}


@pytest.fixture(autouse=True)
def tiny_backbone(restored_registries):
    MODELS.register_module(module=TinyBackbone)


def setsim(matcher=SET_GEO_NN, backbone=None, channels=12, **options):
    """Build a small SetSim through mmselfsup's registry."""
    return MODELS.build(
        {
            'type': 'SetSim',
            'backbone': backbone or {'type': 'TinyBackbone'},
            'neck': {
                'type': 'SetSimNeck',
                'in_channels': channels,
                'hid_channels': 10,
                'out_channels': DIM,
            },
            'head': {
                'type': 'SetSimHead',
                'loss': {'type': 'SetContrastiveLoss', 'temperature': TAU},
                'loss_lambda': WEIGHT,
            },
            'matcher': matcher,
            'queue_len': QUEUE,
            'feat_dim': DIM,
            'momentum': MOMENTUM,
            **options,
        }
    )


def shake(model):
    """Move the query encoder away from the momentum encoder."""
    with torch.no_grad():
        for module in (model.backbone, model.neck):
            for parameter in module.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))


class PlainStep:
    """SetSim's step as the paper tells it: no classes of the package are called."""

    def __init__(self, model):
        self.backbone, self.neck = deepcopy(model.backbone), deepcopy(model.neck)
        encoder = model.momentum_encoder
        self.key_backbone = deepcopy(encoder.backbone)
        self.key_neck = deepcopy(encoder.neck)
        self.first = encoder.updates == 0
        self.image_queue = model.image_queue.features.clone()  # D, K
        self.set_queue = model.set_queue.features.clone()

    @staticmethod
    def encode(backbone, neck, images):
        z = backbone(images)[-1]  # N, C, H, W
        image = neck.image_projector(z.mean((2, 3)))  # N, D
        dense = neck.set_projector(z)  # N, D, H, W
        pooled = F.normalize(dense.mean((2, 3)), dim=1)
        return z, F.normalize(image, dim=1), F.normalize(dense, dim=1), pooled

    def update_momentum_encoder(self):
        pairs = [(self.key_backbone, self.backbone), (self.key_neck, self.neck)]
        for key, query in pairs:
            for k, q in zip(key.parameters(), query.parameters(), strict=True):
                k.data = q.data.clone() if self.first else (
                    MOMENTUM * k.data + (1 - MOMENTUM) * q.data
                )  # fmt: skip

    @staticmethod
    def correspondence(z_q, z_k, boxes_q, boxes_k, nearest_neighbor):
        masks = []
        for image in range(len(z_q)):
            maps = z_q[image].detach(), z_k[image]
            grids = [tuple(m.shape[1:]) for m in maps]
            pairs = corresponding_sets(*maps, THRESHOLD)
            if boxes_q is not None:
                pairs |= geometric_pairs(
                    boxes_q[image], grids[0], boxes_k[image], grids[1], RADIUS
                )
            if nearest_neighbor:
                pairs = with_nearest_neighbors(pairs, *maps)
            masks.append(as_mask(pairs, *(h * w for h, w in grids)))
        return torch.stack(masks)

    def run(self, views, boxes, symmetric, nearest_neighbor):
        queries = [self.encode(self.backbone, self.neck, view) for view in views]
        self.update_momentum_encoder()
        with torch.no_grad():
            keys = [
                self.encode(self.key_backbone, self.key_neck, view) for view in views
            ]
        directions = [(0, 1), (1, 0)] if symmetric else [(0, 1)]
        image_loss = dense_loss = 0
        for q, k in directions:
            z_q, image_q, dense_q, _ = queries[q]
            z_k, image_k, dense_k, _ = keys[k]
            boxes_q, boxes_k = (None, None) if boxes is None else (
                boxes[:, q].tolist(), boxes[:, k].tolist()
            )  # fmt: skip
            mask = self.correspondence(z_q, z_k, boxes_q, boxes_k, nearest_neighbor)
            image_loss += info_nce(image_q, image_k, self.image_queue, TAU)
            dense_loss += set_loss(
                dense_q.double(), dense_k.double(), mask, self.set_queue, TAU
            )
        enqueued = [keys[k] for k in sorted(k for _, k in directions)]
        return {
            'loss_image': (1 - WEIGHT) * image_loss / len(directions),
            'loss_set': WEIGHT * dense_loss / len(directions),
            'image_keys': torch.cat([key[1] for key in enqueued]),
            'set_keys': torch.cat([key[3] for key in enqueued]),
        }


def assert_step_equals_plain(model, views, boxes, symmetric, nearest_neighbor):
    """One step of the model and of PlainStep from the same state."""
    plain = PlainStep(model)
    expected = plain.run(views, boxes, symmetric, nearest_neighbor)
    start = int(model.image_queue.pointer)
    samples = None if boxes is None else samples_with(boxes)
    outputs = model(views, samples, mode='loss')
    for name in ('loss_image', 'loss_set'):
        assert outputs[name].item() == pytest.approx(expected[name].item(), rel=1e-5)

    total, _ = model.parse_losses(outputs)
    total.backward()
    (expected['loss_image'] + expected['loss_set']).backward()
    for side in ('backbone', 'neck'):
        for (name, one), other in zip(
            getattr(model, side).named_parameters(),
            getattr(plain, side).parameters(),
            strict=True,
        ):
            scale = other.grad.abs().max().clamp(min=1e-3)
            assert (one.grad - other.grad).abs().max() < 1e-3 * scale, (side, name)
        for one, other in zip(
            getattr(model.momentum_encoder, side).parameters(),
            getattr(plain, f'key_{side}').parameters(),
            strict=True,
        ):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)

    for queue, before, keys in (
        (model.image_queue, plain.image_queue, expected['image_keys']),
        (model.set_queue, plain.set_queue, expected['set_keys']),
    ):
        before[:, [(start + i) % QUEUE for i in range(len(keys))]] = keys.T
        torch.testing.assert_close(queue.features, before, rtol=1e-4, atol=1e-5)
        assert queue.pointer == (start + len(keys)) % QUEUE


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
        shake(model)


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
    shake(model)
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


def test_symmetric_does_not_care_which_view_is_first():
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
    shake(pretrained)
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


def test_a_queue_shorter_than_the_batch():
    views = [torch.randn(QUEUE + 1, 3, 32, 32) for _ in range(2)]
    with pytest.raises(ValueError, match='queue_len'):
        setsim(SET).loss(views, None)


@pytest.mark.parametrize('views', [1, 3])
def test_other_than_two_views(views):
    with pytest.raises(ValueError, match='num_views=2'):
        setsim(SET).loss([torch.randn(IMAGES, 3, 32, 32)] * views, None)


def test_boxes_in_some_samples_only():
    samples = [*samples_with(overlapping_boxes())[:2], SelfSupDataSample()]
    with pytest.raises(ValueError, match='1 of 3 samples'):
        setsim().loss(two_views(), samples)


def test_queues_and_neck_of_different_dimensions():
    with pytest.raises(ValueError, match='feat_dim=9'):
        setsim(feat_dim=9)


def test_ranks_that_exchange_images():
    assert setsim(shuffle_ranks=8).shuffling_bn.ranks == 8
    assert setsim().shuffling_bn.ranks is None
    with pytest.raises(ValueError, match='shuffle_ranks'):
        setsim(shuffle_ranks=1)


def test_boxes_come_from_the_metainfo():
    """Where the views overlap decides how many pairs geometry adds."""
    views = two_views()
    same = torch.tensor([[0.0, 0.0, 1.0, 1.0]] * 2).expand(IMAGES, 2, 4)
    apart = torch.tensor([[0.0, 0.0, 0.1, 0.1], [0.8, 0.8, 0.9, 0.9]])
    counts = []
    for boxes in (same, apart.expand(IMAGES, 2, 4)):
        model = setsim(GEO)
        outputs = model.loss(views, samples_with(boxes))
        counts.append(outputs['positives_from_geometry'].item())
    assert counts == [16, 0]  # a grid of 4 by 4


@pytest.mark.parametrize('samples', [None, 'empty'])
def test_geometry_without_boxes(samples):
    if samples:
        samples = [SelfSupDataSample() for _ in range(IMAGES)]
    with pytest.raises(ValueError, match=r'GeometricMatcher.*view_boxes'):
        setsim().loss(two_views(), samples)
    setsim(SET).loss(two_views(), samples)


def test_what_is_logged():
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


def test_train_step_as_the_runner_calls_it():
    """Through the preprocessor and an optimiser wrapper."""
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


def test_resuming_continues_as_if_never_stopped():
    steps = [two_views() for _ in range(4)]
    samples = samples_with(overlapping_boxes())
    model = setsim()
    for views in steps[:2]:
        model.loss(views, samples)
    shake(model)
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


def test_only_the_matchers_config_changes():
    for name in ('Random', 'Sort', 'Hungarian', 'Set2Set', 'Set2SetNN'):
        outputs = setsim({'type': f'{name}Matcher'}).loss(two_views(), None)
        assert outputs['images_without_positive'] == 0
        assert outputs['loss_set'] > 0


@pytest.mark.parametrize('inside_union', [True, False])
def test_a_matcher_from_outside_the_package(inside_union):
    @MATCHERS.register_module()
    class FirstWithFirst(nn.Module):
        def forward(self, query, key):
            pairs = as_mask({(0, 0)}, 16, 16)
            return pairs.expand(len(query.feature_map), -1, -1)

    matcher = {'type': 'FirstWithFirst'}
    if inside_union:
        matcher = {'type': 'UnionMatcher', 'matchers': [matcher]}
    outputs = setsim(matcher).loss(two_views(), None)
    assert outputs['positives_from_matcher'] == 1
    assert outputs['positives_per_query'] == 1
    assert outputs['loss_set'] > 0


def test_a_function_as_matcher():
    def nothing(query, key):
        return torch.zeros(IMAGES, 16, 16, dtype=torch.bool)

    assert setsim(nothing).loss(two_views(), None)['loss_set'] == 0


def test_an_unknown_matcher_names_those_there_are():
    with pytest.raises(ValueError, match=r"'Set3SetMatcher'.*Set2SetMatcher"):
        setsim({'type': 'Set3SetMatcher'})


def test_a_name_instead_of_a_config():
    """As `--cfg-options model.matcher=SortMatcher` gives it."""
    assert isinstance(setsim('SortMatcher').matcher, SortMatcher)
    with pytest.raises(ValueError, match='SortsMatcher'):
        setsim('SortsMatcher')


def test_wrong_channels_name_the_setting():
    with pytest.raises(ValueError, match='in_channels to 12'):
        setsim(channels=2048).loss(two_views(), samples_with(overlapping_boxes()))


def test_boxes_as_the_pipeline_packs_them():
    """float32 or float64 arrays alike."""
    model, views = setsim(GEO), two_views()
    other = deepcopy(model)
    samples = [SelfSupDataSample() for _ in range(IMAGES)]
    for sample, per_view in zip(samples, overlapping_boxes(), strict=True):
        sample.set_metainfo({'view_boxes': per_view.numpy().astype(np.float64)})
    double = other.loss(views, samples)
    single = model.loss(views, samples_with(overlapping_boxes()))
    torch.testing.assert_close(double['loss_set'], single['loss_set'])
