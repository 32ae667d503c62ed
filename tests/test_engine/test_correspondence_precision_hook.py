"""The hook in real training runs of several algorithms."""

import json
import math
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmselfsup.registry import HOOKS
from PIL import Image
from torch import nn

from setsim_mm.engine import CorrespondencePrecisionHook

NAMES = ('correspondence_precision', 'correspondence_chance')
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / 'images'
    images.mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        pixels = rng.integers(256, size=(5, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((60, 50)).save(images / f'{number}.png')
    return images


def make_config(folder: Path, algorithm: str = 'SetSim', **hook) -> Config:
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
            train_cfg=dict(by_epoch=True, max_epochs=3),
            custom_hooks=[
                dict(type='CorrespondencePrecisionHook', num_images=5, **hook)
            ],
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


def logged(work_dir: str | Path) -> list[dict]:
    """The records of the newest run in which the hook wrote."""
    log = max(Path(work_dir).glob('*/vis_data/scalars.json'))
    records = [json.loads(line) for line in log.read_text().splitlines()]
    return [record for record in records if NAMES[0] in record]


@pytest.mark.parametrize('algorithm', MODELS)
def test_measured_before_and_after_every_epoch(folder: Path, algorithm: str) -> None:
    runner = Runner.from_cfg(make_config(folder, algorithm))
    runner.train()
    records = logged(runner.work_dir)
    assert [(r['epoch'], r['step']) for r in records] == [
        (0, 0),
        (1, 3),
        (2, 6),
        (3, 9),
    ]
    assert all(0 <= r[name] <= 1 for r in records for name in NAMES)
    assert len({r[NAMES[1]] for r in records}) == 1  # the views stay the same
    buffer = runner.message_hub.get_scalar(NAMES[0])
    assert buffer.data[0].tolist() == [r[NAMES[0]] for r in records]
    log = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert log.count('correspondence precision after') == 4


def test_interval_and_last_epoch(folder: Path) -> None:
    runner = Runner.from_cfg(make_config(folder, interval=2))
    runner.train()
    assert [record['epoch'] for record in logged(runner.work_dir)] == [0, 2, 3]


def test_not_repeated_by_the_training_log(folder: Path) -> None:
    runner = Runner.from_cfg(make_config(folder))
    runner.train()
    assert all('loss' not in record for record in logged(runner.work_dir))


class WatchingHook(Hook):
    """Notes what another hook of the same call could have disturbed."""

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


def test_training_goes_on_as_if_the_hook_were_not_there(folder: Path) -> None:
    seen = []
    for with_hook in (True, False):
        cfg = make_config(folder)
        if not with_hook:
            cfg.custom_hooks = []
        runner = Runner.from_cfg(cfg)
        watching = WatchingHook()
        runner.register_hook(watching)
        runner.train()
        seen.append(watching.seen)
    assert len(seen[0]) == len(seen[1]) == 9 + 3
    for with_hook, without in zip(*seen, strict=True):
        for mine, other in zip(with_hook, without, strict=True):
            assert torch.equal(mine, other)


def test_a_resumed_run_does_not_measure_the_start_again(folder: Path) -> None:
    cfg = make_config(folder)
    cfg.train_cfg.max_epochs = 1
    Runner.from_cfg(cfg).train()
    cfg.train_cfg.max_epochs, cfg.resume = 2, True
    cfg.work_dir = str(folder.parent / 'work_dir')
    runner = Runner.from_cfg(cfg)
    runner._timestamp += '_resumed'
    runner.train()
    history = runner.message_hub.get_scalar(NAMES[0])
    assert len(history.data[0]) == 3  # the start, the first and the second epoch


def test_a_data_set_of_its_own(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / 'other'
    other.mkdir()
    (folder / '0.png').rename(other / '0.png')
    cfg = make_config(folder)
    dataset = dict(**cfg.train_dataloader.dataset.to_dict())
    dataset['data_root'] = str(other)
    cfg.custom_hooks[0].dataset = dataset
    runner = Runner.from_cfg(cfg)
    runner.train()
    (hook,) = (h for h in runner.hooks if isinstance(h, CorrespondencePrecisionHook))
    assert [Path(path).name for path in hook._pairs.paths] == ['0.png']


def test_views_without_boxes_are_refused(folder: Path) -> None:
    cfg = make_config(folder, 'MoCo')
    cfg.train_dataloader.dataset.pipeline[-1].meta_keys = ['img_path']
    with pytest.raises(ValueError, match='where they were cut'):
        Runner.from_cfg(cfg).train()


def test_no_overlap_is_said_and_training_goes_on(folder: Path, monkeypatch) -> None:
    from setsim_mm.engine.hooks import correspondence_precision_hook as module

    cut = module.cut_view_pairs

    def cut_apart(*args):
        pairs = cut(*args)
        pairs.boxes[0][:] = torch.tensor([0.0, 0.0, 0.2, 0.2])
        pairs.boxes[1][:] = torch.tensor([0.5, 0.5, 1.0, 1.0])
        return pairs

    monkeypatch.setattr(module, 'cut_view_pairs', cut_apart)
    runner = Runner.from_cfg(make_config(folder))
    runner.train()
    assert logged(runner.work_dir) == []
    log = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert 'no two views of an image overlap' in log


@pytest.mark.parametrize('name', ['interval', 'num_images', 'batch_size'])
def test_numbers_below_one_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f'{name} must be at least 1, but is 0'):
        HOOKS.build(dict(type='CorrespondencePrecisionHook', **{name: 0}))


def train_as_rank(rank: int, cfg: Config, rendezvous: str) -> None:
    """One of two processes of a distributed run."""
    torch.set_num_threads(1)
    os.environ['LOCAL_RANK'] = str(rank)  # mmengine asks for it
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{rendezvous}', rank=rank, world_size=2
    )
    cfg.launcher = 'pytorch'  # uses the process group that exists
    cfg.model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None)
    Runner.from_cfg(cfg).train()
    torch.distributed.destroy_process_group()


def test_two_processes_measure_what_one_measures(folder: Path, tmp_path: Path) -> None:
    cfg = make_config(folder)
    cfg.train_cfg.max_epochs = 1
    Runner.from_cfg(cfg).train()
    (alone, _) = logged(cfg.work_dir)
    cfg.work_dir = str(tmp_path / 'two')
    arguments = (cfg, str(tmp_path / 'rendezvous'))
    mp.start_processes(train_as_rank, arguments, nprocs=2, start_method='spawn')
    (start, end) = logged(cfg.work_dir)
    assert start[NAMES[0]] == pytest.approx(alone[NAMES[0]], abs=1e-12)
    assert start[NAMES[1]] == pytest.approx(alone[NAMES[1]], rel=1e-9)
    assert math.isfinite(end[NAMES[0]])
