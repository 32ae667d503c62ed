"""A small SetSim, and its training step in plain torch without its classes."""

from copy import deepcopy

import pytest
import torch
from torch.nn import functional as F

from setsim_mm.registry import MODELS
from tests.references import (
    as_mask,
    corresponding_sets,
    geometric_pairs,
    info_nce,
    set_loss,
    with_nearest_neighbors,
)

from .tiny_steps import RADIUS, SET_GEO_NN, THRESHOLD, samples_with

QUEUE, DIM, MOMENTUM, TAU, WEIGHT = 16, 8, 0.9, 0.2, 0.3


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


def perturb(model):
    """Add noise to the query encoder."""
    with torch.no_grad():
        for module in (model.backbone, model.neck):
            for parameter in module.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))


class PlainStep:
    """SetSim's step of the paper, without classes of the package."""

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
