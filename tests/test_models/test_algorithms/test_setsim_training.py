"""20 steps of the authors' run on a tiny network, against plain torch.

Compared after every step: both losses, the weights of the query and of the key encoder,
the BatchNorm statistics of the query encoder, and both queues with their pointers.
"""

from dataclasses import replace
from functools import cache

import pytest
import torch
from mmengine.config import ConfigDict
from mmselfsup.registry import MODELS
from torch.nn import functional as F

from .reference_setsim import Encoded, Encoder, ReferenceSetSim
from .reference_training import Setting
from .tiny_steps import TinyBackbone
from .training_runs import (
    Record,
    Run,
    assert_agreement,
    config_of,
    differences,
    drawn_batches,
    first_disagreement,
    records_of,
    train,
)

CHANNELS, HIDDEN, DIM = 12, 16, 8
QUEUE = 11  # a step brings 8 keys: the second one wraps
TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-12}
# Changes to the model of the config, beside its sizes.
AUTHORS_RUN = {'symmetric': True}


def tiny_model(cfg: ConfigDict) -> torch.nn.Module:
    """The model of the authors' config with a tiny backbone, projectors and queues."""
    model = cfg.model
    model.backbone = ConfigDict(type=TinyBackbone)
    model.neck.update(in_channels=CHANNELS, hid_channels=HIDDEN, out_channels=DIM)
    model.update(queue_len=QUEUE, feat_dim=DIM, **AUTHORS_RUN)
    model.matcher.nearest_neighbor = True
    return MODELS.build(model)


@cache
def ours(dtype: torch.dtype) -> Run:
    """Our training, which all tests compare with."""
    cfg = config_of('setsim_r50_200e_in1k_authors.py')
    cfg.optim_wrapper.optimizer.lr = 0.03
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return train(tiny_model(cfg).to(dtype), cfg, drawn_batches())


def reference(
    training: type[ReferenceSetSim] = ReferenceSetSim, **numbers: object
) -> ReferenceSetSim:
    """The reference in the state that our training starts from."""
    start = ours(torch.float32).start
    encoder = Encoder(TinyBackbone(), CHANNELS, HIDDEN, DIM)
    encoder.load_state_dict({name: start[name] for name in encoder.state_dict()})
    queues = (start[f'{level}_queue.features'] for level in ('image', 'set'))
    return training(replace(Setting(), **numbers), encoder, *queues)


@cache
def theirs() -> list[Record]:
    """The records of the unchanged reference."""
    return list(records_of(reference(), drawn_batches()))


@pytest.mark.parametrize('dtype', TOLERANCES, ids=str)
def test_every_step_agrees(dtype):
    steps = differences(ours(dtype).records, theirs())
    assert_agreement(steps, TOLERANCES[dtype])


def test_everything_moves():
    """What stands still would agree with anything."""
    start, records = ours(torch.float32)
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

    @torch.no_grad()
    def keys(self, views):
        self.follow()
        halves = [[self.key_encoder(half) for half in view.chunk(2)] for view in views]
        return {
            k: Encoded(*map(torch.cat, zip(*parts, strict=True)))
            for k, parts in enumerate(halves)
        }


@pytest.mark.parametrize('training', ReferenceSetSim.__subclasses__())
def test_another_order_disagrees(training):
    assert disagrees(training)


def disagrees(training: type[ReferenceSetSim], **numbers: object) -> bool:
    """Whether a reference that was changed leaves the tolerance."""
    changed = records_of(reference(training, **numbers), drawn_batches())
    steps = differences(ours(torch.float32).records, changed)
    return first_disagreement(steps, TOLERANCES[torch.float32]) is not None
