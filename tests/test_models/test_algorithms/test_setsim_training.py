"""20 steps of the authors' run on a tiny network, against plain torch.

Compared after every step: both losses, the weights of the query and of the key encoder,
the BatchNorm statistics of the query encoder, and both queues with their pointers.
"""

from functools import cache

import pytest
import torch
from torch.nn import functional as F

from .reference_setsim import Encoded, ReferenceSetSim
from .tiny_setsim import reference, train_ours
from .training_runs import (
    Record,
    assert_agreement,
    differences,
    drawn_batches,
    first_disagreement,
    records_of,
)

TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-12}


@cache
def theirs() -> list[Record]:
    """The records of the unchanged reference."""
    return list(records_of(reference(), drawn_batches()))


@pytest.mark.parametrize('dtype', TOLERANCES, ids=str)
def test_every_step_agrees(dtype):
    run, _ = train_ours(dtype)
    steps = differences(run.records, theirs())
    assert_agreement(steps, TOLERANCES[dtype])


def test_everything_moves():
    """A tensor that never changes would always agree."""
    (start, records), _ = train_ours(torch.float32)
    still = [n for n, value in start.items() if value.equal(records[-1][n])]
    assert still == []


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('threshold', 0.75),
        ('power', 1),
        ('min_similarity', None),
        ('radius', 0.55),
        ('nearest_neighbor', False),
        ('directions', ((0, 1),)),
        ('directions', ((1, 0),)),
        ('loss_lambda', 0.51),
        ('temperature', 0.201),
        ('encoder_momentum', 0.998),
        ('encoder_momentum', 1.0),
        ('learning_rate', 0.0301),
        ('momentum', 0.89),
        ('weight_decay', 5e-4),
        ('epochs', 5),
    ],
)
def test_another_number_disagrees(name, value):
    assert disagrees(ReferenceSetSim, **{name: value})


class EncodesKeysFirst(ReferenceSetSim):
    """The key encoder follows after it has encoded."""

    def keys(self, views):
        follow, self.follow = self.follow, lambda: None
        keys = super().keys(views)
        self.follow = follow
        self.follow()
        return keys


class FollowsTwice(ReferenceSetSim):
    """One update for each direction."""

    def follow(self):
        super().follow()
        super().follow()


class EnqueuesBeforeTheLoss(ReferenceSetSim):
    """The keys of a step are among its own negatives."""

    def keys(self, views):
        keys = super().keys(views)
        super().enqueue(keys)
        return keys

    def enqueue(self, keys):
        pass


class ImageQueueStands(ReferenceSetSim):
    def enqueue(self, keys):
        queue = self.image_queue
        super().enqueue(keys)
        self.image_queue = queue


class SetQueueStands(ReferenceSetSim):
    def enqueue(self, keys):
        queue = self.set_queue
        super().enqueue(keys)
        self.set_queue = queue


class EnqueuesOneView(ReferenceSetSim):
    def enqueue(self, keys):
        super().enqueue({0: keys[0]})


class EnqueuesTheSecondViewFirst(ReferenceSetSim):
    def enqueue(self, keys):
        super().enqueue({0: keys[1], 1: keys[0]})


class NormalisesBeforePooling(ReferenceSetSim):
    def enqueue(self, keys):
        pooled = {
            k: F.normalize(key.dense.mean((2, 3)), dim=1) for k, key in keys.items()
        }
        super().enqueue({k: key._replace(pooled=pooled[k]) for k, key in keys.items()})


class SumsTheDirections(ReferenceSetSim):
    def losses(self, views, batch):
        losses = super().losses(views, batch)
        return {name: 2 * loss for name, loss in losses.items()}


class IgnoresFlips(ReferenceSetSim):
    def positives(self, z_q, z_k, box_q, box_k):
        boxes = (box.view(2, 2).sort(dim=0).values.view(4) for box in (box_q, box_k))
        return super().positives(z_q, z_k, *boxes)


class NormalisesKeysInHalves(ReferenceSetSim):
    """BatchNorm of the key encoder in two groups."""

    def key(self, view):
        halves = [self.key_encoder(half) for half in view.chunk(2)]
        return Encoded(*map(torch.cat, zip(*halves, strict=True)))


@pytest.mark.parametrize(
    'training',
    [
        EncodesKeysFirst,
        FollowsTwice,
        EnqueuesBeforeTheLoss,
        ImageQueueStands,
        SetQueueStands,
        EnqueuesOneView,
        EnqueuesTheSecondViewFirst,
        NormalisesBeforePooling,
        SumsTheDirections,
        IgnoresFlips,
        NormalisesKeysInHalves,
    ],
)
def test_another_order_disagrees(training):
    assert disagrees(training)


def disagrees(training: type[ReferenceSetSim], **numbers: object) -> bool:
    """Return True if a changed reference exceeds the tolerance."""
    changed = records_of(reference(training, **numbers), drawn_batches())
    run, _ = train_ours(torch.float32)
    steps = differences(run.records, changed)
    return first_disagreement(steps, TOLERANCES[torch.float32]) is not None
