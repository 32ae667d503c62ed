"""The authors' run on a tiny network: our training with mmengine, and the reference."""

from dataclasses import replace
from functools import cache

import torch
from mmengine.config import ConfigDict
from torch import Tensor

from setsim_mm.models import SetSim
from setsim_mm.registry import MODELS
from setsim_mm.utils.random_state import seed_step

from .reference_setsim import Encoder, ReferenceSetSim
from .reference_training import Setting
from .tiny_steps import TinyBackbone
from .training_runs import Run, config_of, drawn_batches, train

CHANNELS, HIDDEN, DIM = 12, 16, 8
QUEUE = 11  # a step brings 8 keys: the second one wraps


class NotesOrders:
    """A model's shuffling BN, with the orders of keys that it draws."""

    def __init__(self, model: SetSim) -> None:
        self.shuffling_bn, self.orders = model.shuffling_bn, []
        model.shuffling_bn = self

    def draw(self, batch_size: int) -> object:
        shuffle = self.shuffling_bn.draw(batch_size)
        self.orders.append(shuffle.order)
        return shuffle


def tiny_model(cfg: ConfigDict, bn_group_size: int | None) -> SetSim:
    """The model of the authors' config with a tiny backbone, projectors and queues."""
    model = cfg.model
    model.backbone = ConfigDict(type=TinyBackbone)
    model.neck.update(in_channels=CHANNELS, hid_channels=HIDDEN, out_channels=DIM)
    model.update(queue_len=QUEUE, feat_dim=DIM, bn_group_size=bn_group_size)
    return MODELS.build(model)


@cache
def train_ours(
    dtype: torch.dtype, bn_group_size: int | None = None
) -> tuple[Run, list[Tensor]]:
    """Train our model; return the run, and the drawn order of each view's keys."""
    cfg = config_of('setsim_r50_200e_in1k_authors.py')
    with torch.random.fork_rng():
        seed_step(seed=0, step=0, rank=0)  # the orders of the keys, too
        model = tiny_model(cfg, bn_group_size).to(dtype)
        notes = NotesOrders(model)
        return train(model, cfg, drawn_batches()), notes.orders


def reference(
    training: type[ReferenceSetSim] = ReferenceSetSim, **numbers: object
) -> ReferenceSetSim:
    """The reference in the state that our training starts from."""
    (start, _), _ = train_ours(torch.float64)
    encoder = Encoder(TinyBackbone(), CHANNELS, HIDDEN, DIM).double()
    encoder.load_state_dict({name: start[name] for name in encoder.state_dict()})
    queues = (start[f'{level}_queue.features'] for level in ('image', 'set'))
    return training(replace(Setting(), **numbers), encoder, *queues)
