"""A pre-training run small enough for a test of hooks."""

import json
import os
import random
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as mp
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

import setsim_mm  # noqa: F401 - everything is registered

RESNET = dict(
    type='ResNet',
    depth=18,
    stem_channels=4,
    base_channels=4,
    strides=(1, 2, 2, 1),
    out_indices=[4],
    norm_cfg=dict(type='BN'),
)
NECK = dict(in_channels=32, hid_channels=8, out_channels=8)
CONTRASTIVE = dict(
    type='ContrastiveHead', loss=dict(type='mmcls.CrossEntropyLoss'), temperature=0.2
)
MODELS = dict(
    SetSim=dict(
        type='SetSim',
        neck=dict(type='SetSimNeck', **NECK),
        head=dict(type='SetSimHead', loss=dict(type='SetContrastiveLoss')),
        matcher=dict(type='Set2SetMatcher'),
    ),
    MoCo=dict(
        type='MoCo',
        neck=dict(type='MoCoV2Neck', with_avg_pool=True, **NECK),
        head=CONTRASTIVE,
    ),
    DenseCL=dict(
        type='DenseCL',
        neck=dict(type='DenseCLNeck', num_grid=None, **NECK),
        head=CONTRASTIVE,
    ),
)


def make_config(
    folder: Path, *hooks: dict, algorithm: str = 'SetSim', epochs: int = 3
) -> Config:
    """A config that trains for some epochs of three steps each."""
    view = [
        dict(type='RandomResizedCropWithBox', size=64, scale=(0.4, 1.0)),
        dict(type='RandomHorizontalFlipWithBox', prob=0.5),
    ]
    dataset = dict(
        type='UnlabeledImages',
        data_root=str(folder),
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='MultiViewWithBoxes', num_views=2, transforms=[view]),
            dict(type='PackSelfSupInputs', meta_keys=['img_path', 'view_boxes']),
        ],
    )
    return Config(
        dict(
            default_scope='mmselfsup',
            model=dict(
                **MODELS[algorithm],
                backbone=RESNET,
                queue_len=8,
                feat_dim=8,
                data_preprocessor=dict(mean=(120, 120, 120), std=(60, 60, 60)),
            ),
            train_dataloader=dict(
                batch_size=2,
                num_workers=0,
                sampler=dict(type='DefaultSampler', shuffle=True),
                collate_fn=dict(type='default_collate'),
                dataset=dataset,
            ),
            optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1)),
            train_cfg=dict(by_epoch=True, max_epochs=epochs),
            custom_hooks=list(hooks),
            default_hooks=dict(
                logger=dict(type='LoggerHook', interval=1),
                checkpoint=dict(type='CheckpointHook', interval=1),
            ),
            visualizer=dict(
                type='SelfSupVisualizer', vis_backends=[dict(type='LocalVisBackend')]
            ),
            work_dir=str(folder.parent / 'work_dir'),
            randomness=dict(seed=3),
        )
    )


def logged(work_dir: str | Path, name: str) -> list[dict]:
    """Return the records of the newest run that have a scalar."""
    log = max(Path(work_dir).glob('*/vis_data/scalars.json'))
    records = [json.loads(line) for line in log.read_text().splitlines()]
    return [record for record in records if name in record]


class WatchingHook(Hook):
    """Record the state that another hook could change."""

    priority = 'VERY_LOW'

    def __init__(self) -> None:
        self.seen = []

    def _note(self, runner: Runner) -> None:
        batch_norms = [
            module
            for module in runner.model.modules()
            if isinstance(module, nn.BatchNorm2d)
        ]
        self.seen.append(
            [
                torch.get_rng_state(),
                torch.tensor(np.random.get_state()[1].astype(np.int64)),
                torch.tensor(random.getstate()[1]),
                torch.tensor([module.training for module in runner.model.modules()]),
                torch.cat([norm.running_mean for norm in batch_norms]),
                torch.tensor(runner.train_dataloader.dataset.record.num_seen),
                *[p.detach().clone() for p in runner.model.parameters()],
            ]
        )

    def after_train_epoch(self, runner: Runner) -> None:
        self._note(runner)

    def before_train_iter(self, runner: Runner, *args, **kwargs) -> None:
        self._note(runner)


def train_as_rank(rank: int, cfg: Config, rendezvous: str) -> None:
    """One of two processes of a distributed run."""
    torch.set_num_threads(1)
    os.environ['LOCAL_RANK'] = str(rank)  # mmengine asks for it
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{rendezvous}', rank=rank, world_size=2
    )
    cfg.launcher = 'pytorch'  # uses the process group that exists
    # A forked process has the visualizers of runs that began in the same second, by
    # their names.
    cfg.experiment_name = 'two_processes'
    cfg.model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None)
    Runner.from_cfg(cfg).train()
    torch.distributed.destroy_process_group()


def train_in_two_processes(cfg: Config, folder: Path) -> None:
    """Train in two gloo processes and raise their errors.

    Forked: new processes would import everything again.
    """
    arguments = (cfg, str(folder / 'rendezvous'))
    mp.start_processes(train_as_rank, arguments, nprocs=2, start_method='fork')
