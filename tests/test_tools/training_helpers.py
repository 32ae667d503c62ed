"""A tiny pre-training run, and comparisons of its checkpoints."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import setsim_mm.compat  # noqa: F401 - checkpoints can be read
from tests.processes import REPO, environment, run, run_python

__all__ = [
    'DIGESTS',
    'REPO',
    'assert_ranks_agree',
    'assert_resumed_like',
    'assert_same',
    'checkpoint_of',
    'environment',
    'free_port',
    'run',
    'run_python',
    'start_from',
    'write_images',
    'write_tiny_config',
]

TINY_CONFIG = """
_base_ = '{repo}/configs/selfsup/setsim_r50_200e_folder.py'

model = dict(
    backbone=dict(depth=18),
    neck=dict(in_channels=512, hid_channels=32, out_channels=16),
    feat_dim=16,
    queue_len=10,  # not a multiple of the batch, so that keys wrap around
    bn_group_size=None,  # no random order of keys
)
fit_queue_to_images = False
# No random numbers, so that two runs on the same data can be compared.
view_pipeline = [
    dict(
        type='RandomResizedCropWithBox', size=64, scale=(1.0, 1.0), ratio=(1.0, 1.0)
    )
]
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        data_root={images!r},
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='MultiViewWithBoxes', num_views=2, transforms=[view_pipeline]),
            dict(type='PackSelfSupInputs', meta_keys=['img_path', 'view_boxes']),
        ],
    ),
)
train_cfg = dict(max_epochs=2)
default_hooks = dict(
    logger=dict(interval=1), checkpoint=dict(interval=1, max_keep_ckpts=9)
)
randomness = dict(seed=0)
"""


DIGESTS = """
custom_imports = dict(
    imports=['setsim_mm', 'tests.test_tools.digest_hook'], allow_failed_imports=False
)
custom_hooks = [dict(type='PreTrainingCheckHook'), dict(type='DigestHook')]
"""


def write_images(folder: Path, number: int = 8) -> Path:
    """Write square images of noise."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(number):
        pixels = rng.integers(0, 256, (80, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f'{i}.png')
    return folder


def write_tiny_config(folder: Path, more: str = '') -> Path:
    """Write a config of two epochs with two steps each, and its images."""
    images = write_images(folder / 'images')
    config = folder / 'tiny.py'
    config.write_text(TINY_CONFIG.format(repo=REPO, images=str(images)) + more)
    return config


def checkpoint_of(work_dir: Path, epoch: int) -> dict:
    """Load a checkpoint of a run."""
    path = work_dir / f'epoch_{epoch}.pth'
    return torch.load(path, map_location='cpu', weights_only=True)


def assert_same(one: Any, other: Any, where: str = '') -> None:
    """Compare parts of two checkpoints bit by bit."""
    assert type(one) is type(other), where
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            assert_same(one[key], other[key], f'{where}.{key}')
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for i, (mine, others) in enumerate(zip(one, other, strict=True)):
            assert_same(mine, others, f'{where}[{i}]')
    else:
        assert one == other, where


def assert_resumed_like(uninterrupted: dict, resumed: dict) -> None:
    """Compare the state of two runs: weights, queues, optimizer, schedule."""
    for part in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_same(uninterrupted[part], resumed[part], part)
    for part in ('epoch', 'iter', 'seed'):
        assert resumed['meta'][part] == uninterrupted['meta'][part]
    first, second = (
        checkpoint['message_hub']['log_scalars']['train/loss'].data[0]
        for checkpoint in (uninterrupted, resumed)
    )
    np.testing.assert_array_equal(first, second)


def assert_ranks_agree(work_dir: Path, ranks: int, steps: int) -> None:
    """Compare the hashes of :class:`DigestHook` in all processes, step by step."""
    lines = [
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted(work_dir.glob('rank*.jsonl'))
    ]
    assert len(lines) == ranks and all(len(of_rank) == steps for of_rank in lines)
    for step in zip(*lines, strict=True):
        for what in ('query', 'key', 'queues'):
            assert len({line[what] for line in step}) == 1, what
        assert len({line['own_statistics'] for line in step}) == ranks
        assert not any(line['find_unused_parameters'] for line in step)
    for what in ('query', 'queues'):
        assert len({line[what] for line in lines[0]}) == steps  # they change


def start_from(work_dir: Path, earlier: Path, epoch: int) -> Path:
    """Create an output folder with an epoch of an earlier run as last checkpoint."""
    work_dir.mkdir(parents=True)
    shutil.copy(earlier / f'epoch_{epoch}.pth', work_dir)
    (work_dir / 'last_checkpoint').write_text(str(work_dir / f'epoch_{epoch}.pth'))
    return work_dir


def free_port() -> int:
    """Return a free TCP port."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
