"""The first step uses the loaded weights, on both sides and in all processes."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.multiprocessing as mp
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import DefaultScope
from torch import nn

from setsim_mm.engine.hooks import StartingWeightsHook
from setsim_mm.engine.runner import DurableRunner
from setsim_mm.engine.starting_weights import StartingWeights, starting_weights
from setsim_mm.registry import MODELS
from setsim_mm.utils import UserError
from setsim_mm.utils.foreign_weights import FoundBackbone

from ..foreign_checkpoints import distinct, moco
from .training_runs import NECK, RESNET, make_config

PROJECTOR = dict(
    type='NonLinearNeck',
    in_channels=32,
    hid_channels=8,
    out_channels=8,
    with_avg_pool=True,
)
# No momentum encoder and no queue.
SIAMESE = dict(
    SetSimSiam=dict(
        neck=dict(type='SetSimSiamNeck', **NECK),
        head=dict(
            type='SetSimSiamHead',
            in_channels=8,
            hid_channels=4,
            loss=dict(type='SetCosineLoss'),
        ),
        matcher=dict(type='Set2SetMatcher'),
    ),
    SimSiam=dict(
        neck=PROJECTOR,
        head=dict(
            type='LatentPredictHead',
            loss=dict(type='CosineSimilarityLoss'),
            predictor=dict(PROJECTOR, in_channels=8, with_avg_pool=False),
        ),
    ),
)
# Where the key side's backbone is.
KEY_SIDE = dict(
    SetSim='momentum_encoder.backbone',
    MoCo='encoder_k.module.0',
    DenseCL='encoder_k.module.0',
    GroupedMoCo='encoder_k.module.0',
    GroupedDenseCL='encoder_k.module.0',
)


def config_of(algorithm: str, folder: Path) -> Config:
    if algorithm not in SIAMESE:
        plain = algorithm.removeprefix('Grouped')
        cfg = make_config(folder, algorithm=plain, epochs=1)
        cfg.model.type = algorithm
        return cfg
    cfg = make_config(folder, epochs=1)
    cfg.model = dict(
        type=algorithm,
        backbone=dict(RESNET, zero_init_residual=True),
        data_preprocessor=cfg.model.data_preprocessor,
        **SIAMESE[algorithm],
    )
    return cfg


class FirstStep(Hook):
    """Record both sides' backbones at the first step."""

    def __init__(self, key_side: str | None) -> None:
        self.key_side = key_side
        self.query = self.key = None

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        if self.query is not None:
            return
        self.query = copied(runner.model.backbone)
        if self.key_side:
            backbone = runner.model.get_submodule(self.key_side)
            backbone.register_forward_pre_hook(self.note_key)

    def note_key(self, backbone: nn.Module, inputs: tuple) -> None:
        if self.key is None:
            self.key = copied(backbone)


def copied(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


@pytest.mark.parametrize('algorithm', [*KEY_SIDE, *SIAMESE])
def test_both_sides_start_from_the_file(algorithm, folder, tmp_path):
    cfg = config_of(algorithm, folder)
    cfg.launcher = 'none'
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        backbone = MODELS.build(cfg.model.backbone)
    given = distinct(backbone.state_dict())
    torch.save(moco(given), tmp_path / 'moco.pth')
    first = FirstStep(KEY_SIDE.get(algorithm))
    start = starting_weights(cfg, tmp_path / 'moco.pth')

    runner = DurableRunner.from_cfg(cfg)
    runner.register_hook(first)
    runner.register_hook(StartingWeightsHook(start))
    runner.train()

    assert first.query.keys() == given.keys()
    assert all(torch.equal(first.query[name], given[name]) for name in given)
    assert (first.key is None) == (algorithm in SIAMESE)
    if first.key is not None:
        # The query view has passed BatchNorm by then, which moves its statistics.
        trained = [name for name, _ in backbone.named_parameters()]
        assert all(torch.equal(first.key[name], given[name]) for name in trained)


def start_of(weights: dict[str, torch.Tensor], file: str = 'a.pth') -> StartingWeights:
    return StartingWeights(file, '0' * 64, FoundBackbone(weights, 'bare names', {}))


def load_as_rank(rank: int, folder: str) -> None:
    """One of two processes with different files."""
    os.environ['LOCAL_RANK'] = str(rank)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=2
    )
    model = nn.Module()
    model.backbone = nn.BatchNorm2d(3)
    weights = {n: v + 2 + rank for n, v in copied(model.backbone).items()}
    StartingWeightsHook(start_of(weights)).before_train(SimpleNamespace(model=model))
    torch.save(copied(model.backbone), f'{folder}/{rank}.pth')
    torch.distributed.destroy_process_group()


def test_two_processes_hold_the_weights_of_the_first(tmp_path):
    # Forked: a fresh process would import everything anew, for many seconds.
    mp.start_processes(load_as_rank, (str(tmp_path),), nprocs=2, start_method='fork')

    first, second = (torch.load(tmp_path / f'{rank}.pth') for rank in range(2))
    assert first['running_var'].tolist() == [3, 3, 3]
    assert first['num_batches_tracked'] == 2
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture
def vit():
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        backbone = MODELS.build(
            dict(
                type='MoCoV3ViT',
                arch=dict(
                    embed_dims=8, num_layers=1, num_heads=2, feedforward_channels=8
                ),
                patch_size=16,
                img_size=32,
                output_cls_token=False,
            )
        )
    backbone.init_weights()
    return backbone


@pytest.mark.parametrize('dtype', [torch.float32, torch.float16])
def test_fixed_positions_stay_fixed(vit, dtype):
    weights = distinct(vit.state_dict())
    weights['pos_embed'] = vit.pos_embed.detach().to(dtype)

    hook = StartingWeightsHook(start_of(weights))
    hook.before_train(SimpleNamespace(model=SimpleNamespace(backbone=vit)))

    assert torch.equal(vit.cls_token, weights['cls_token'])
    assert not vit.pos_embed.requires_grad


def test_learned_positions_in_place_of_fixed_ones_raise_an_error(vit):
    """DINO's ViT-S has the shapes of MoCo-v3's, but half as many heads."""
    before = copied(vit)
    runner = SimpleNamespace(model=SimpleNamespace(backbone=vit))
    hook = StartingWeightsHook(start_of(distinct(vit.state_dict()), 'dino.pth'))

    with pytest.raises(UserError, match=r'dino\.pth.*learned.*fixed'):
        hook.before_train(runner)

    assert all(torch.equal(before[name], v) for name, v in vit.state_dict().items())
