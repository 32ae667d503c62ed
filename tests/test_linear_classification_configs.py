"""Linear classification trains the classifier and nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from PIL import Image

CONFIGS = Path(__file__).parents[1] / 'configs/benchmarks/classification'


def test_the_protocol_is_mocos():
    cfg = Config.fromfile(CONFIGS / 'linear_r50_100e_in1k.py')

    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.lr, optimizer.momentum, optimizer.weight_decay) == (30, 0.9, 0)
    assert cfg.train_dataloader.batch_size * 8 == cfg.auto_scale_lr.base_batch_size
    assert cfg.train_cfg.max_epochs == 100
    assert cfg.param_scheduler[0].milestones == [60, 80]
    assert cfg.model.head.num_classes == 1000


@pytest.fixture(scope='module')
def runner(tmp_path_factory):
    """A tiny run of the config for folders: two steps and one validation."""
    root = tmp_path_factory.mktemp('classes')
    pixels = np.random.default_rng(0)
    for part in ('train', 'val'):
        for index in range(4):
            folder = root / part / f'class_{index % 2}'
            folder.mkdir(parents=True, exist_ok=True)
            image = pixels.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(image).save(folder / f'{index}.jpg')
    cfg = Config.fromfile(CONFIGS / 'linear_r50_100e_folder.py')
    cfg.model.backbone.update(depth=18, stem_channels=4, base_channels=4)
    cfg.model.head.update(in_channels=32, num_classes=2)
    for part in ('train', 'val', 'test'):
        loader = cfg[f'{part}_dataloader']
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(root)
    cfg.train_cfg = dict(by_epoch=True, max_epochs=1)
    cfg.work_dir, cfg.log_level = str(root / 'run'), 'ERROR'
    cfg.experiment_name = 'linear_classification'
    runner = Runner.from_cfg(cfg)
    runner.model.init_weights()
    before = {k: v.clone() for k, v in runner.model.state_dict().items()}
    runner.train()
    return runner, before


def test_only_the_classifier_changes(runner):
    runner, before = runner
    after = runner.model.state_dict()

    changed = {name for name in after if not torch.equal(after[name], before[name])}

    assert runner.iter == 2
    assert changed == {'head.fc.weight', 'head.fc.bias'}


def test_the_accuracy_is_that_of_the_labels(runner):
    runner, _ = runner

    metrics = runner.val_loop.run()

    assert runner.val_loop.dataloader.dataset.get_gt_labels().tolist() == [0, 0, 1, 1]
    assert metrics['accuracy/top1'] in (0, 25, 50, 75, 100)
