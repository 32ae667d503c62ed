"""20 steps of SetSim on SimSiam on a tiny network, against plain torch.

Compared after every step: both losses, all weights and all BatchNorm statistics.

Both sides compute in float64. SimSiam's BatchNorm over a small batch makes training
sensitive: weights that start 1e-7 apart are more than 1e-5 apart after 20 steps of the
same program, so that float32 could agree by chance alone.
"""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.optim import OptimWrapper

from setsim_mm.registry import HOOKS, MODELS

from .reference_setsim_simsiam import Networks, ReferenceSetSimSiam
from .reference_training import ReferenceTraining, Setting
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

CHANNELS, HIDDEN, DIM, BOTTLENECK = 12, 16, 8, 6
TOLERANCE, CHANGED = 1e-7, 1e-5
# The paper's setting where it differs from the authors' run, on SimSiam.
PAPER = Setting(power=1, min_similarity=None, radius=0.5, learning_rate=0.1)


def tiny_model(cfg: ConfigDict) -> torch.nn.Module:
    """The config's model with a tiny backbone, projectors and predictors."""
    model = cfg.model
    model.backbone = ConfigDict(type=TinyBackbone)
    model.neck.update(in_channels=CHANNELS, hid_channels=HIDDEN, out_channels=DIM)
    model.head.update(in_channels=DIM, hid_channels=BOTTLENECK)
    return MODELS.build(model)


@cache
def ours() -> Run:
    """Our training, which all tests compare with."""
    cfg = config_of('setsim_simsiam_r50_200e_in100.py')
    hook = HOOKS.build(cfg.default_hooks.fixed_learning_rate)

    def keep_predictors_rate(wrapper: OptimWrapper) -> None:
        hook.before_train_iter(SimpleNamespace(optim_wrapper=wrapper), batch_idx=0)

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = tiny_model(cfg).double()
        return train(model, cfg, drawn_batches(), keep_predictors_rate)


def reference(
    training: type[ReferenceSetSimSiam] = ReferenceSetSimSiam, **numbers: object
) -> ReferenceSetSimSiam:
    """The reference in the state that our training starts from."""
    networks = Networks(TinyBackbone(), CHANNELS, HIDDEN, DIM, BOTTLENECK)
    networks.double().load_state_dict(ours().start)
    return training(replace(PAPER, **numbers), networks)


@cache
def theirs() -> list[Record]:
    """The records of the unchanged reference."""
    return list(records_of(reference(), drawn_batches()))


def test_every_step_agrees():
    assert_agreement(differences(ours().records, theirs()), TOLERANCE)


def test_everything_moves():
    """A tensor that never changes would always agree."""
    start, records = ours()
    assert not [n for n, value in start.items() if value.equal(records[-1][n])]


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('threshold', 0.75),
        ('power', 2),
        ('radius', 0.55),
        ('nearest_neighbor', False),
        ('directions', ((0, 1),)),
        ('loss_lambda', 0.51),
        ('learning_rate', 0.101),
        ('momentum', 0.89),
        ('weight_decay', 2e-4),
        ('epochs', 5),
    ],
)
def test_another_number_disagrees(name, value):
    assert disagrees(ReferenceSetSimSiam, **{name: value})


class PassesGradientToTheKey(ReferenceSetSimSiam):
    @staticmethod
    def stopped(target):
        return target


class SlowsThePredictors(ReferenceSetSimSiam):
    """The predictors' learning rate follows the cosine."""

    def learning_rate(self, name, epoch):
        return ReferenceTraining.learning_rate(self, name, epoch)


class SumsTheDirections(ReferenceSetSimSiam):
    def losses(self, views, batch):
        losses = super().losses(views, batch)
        return {name: 2 * loss for name, loss in losses.items()}


@pytest.mark.parametrize(
    'training', [PassesGradientToTheKey, SlowsThePredictors, SumsTheDirections]
)
def test_another_program_disagrees(training):
    assert disagrees(training)


def disagrees(training: type[ReferenceSetSimSiam], **numbers: object) -> bool:
    """Return True if a changed reference exceeds a wide tolerance."""
    changed = records_of(reference(training, **numbers), drawn_batches())
    steps = differences(ours().records, changed)
    return first_disagreement(steps, CHANGED) is not None
