"""A tiny repository: the programs of the suite, and configs that need no data."""

import json
import shutil
from pathlib import Path

import torch

from studies.tasks import TASKS
from tests.test_tools.training_helpers import REPO

CONFIG = """
default_scope = 'mmdet'
model = dict(type='Detector', backbone=dict(depth=50))
train_dataloader = dict(batch_size=16, data_root='data/VOCdevkit')
train_cfg = dict(type='IterBasedTrainLoop', max_iters=10)
optim_wrapper = dict(lr=0.02)
"""


def write_repository(folder: Path) -> Path:
    """Write a config for every task, and the replacement of finetune.py."""
    for task in TASKS:
        config = folder / 'configs' / 'benchmarks' / task.toolbox / task.config
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(CONFIG)
    tools = folder / 'tools' / 'benchmarks'
    tools.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name('finetune.py'), tools)
    shutil.copytree(REPO / 'tools' / 'reproduce', folder / 'tools' / 'reproduce')
    return folder


def write_checkpoint(path: Path, **metrics: dict | None) -> Path:
    """Write a checkpoint, and beside it the metrics of its fine-tuning by task."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(dict(state_dict={}, made_for=path.stem), path)
    path.with_suffix('.json').write_text(json.dumps(metrics))
    return path
