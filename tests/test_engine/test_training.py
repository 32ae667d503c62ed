"""The function of tools/train.py."""

import multiprocessing

from setsim_mm.engine.training import train

from .training_runs import make_config


def test_workers_end_with_the_training(folder):
    cfg = make_config(folder, epochs=1)
    cfg.launcher = 'none'
    cfg.train_dataloader.update(num_workers=1, persistent_workers=True)
    train(cfg)
    assert multiprocessing.active_children() == []
