"""A Runner fits the queue to the images before it builds the model."""

from pathlib import Path

import pytest
from mmengine.config import Config

from setsim_mm.engine.runner import DurableRunner

from .runs import make_run


@pytest.mark.parametrize(('fits', 'length'), [(True, 2), (False, 64)])
def test_queue_of_six_images(images, tmp_path, fits, length):
    cfg = make_run(images, tmp_path / 'run', fit_queue_to_images=fits)
    cfg.model.queue_len = 64
    runner = DurableRunner.from_cfg(cfg)
    assert runner.model.image_queue.length == length
    runner.train()
    written = Config.fromfile(*Path(cfg.work_dir).glob('*.py'))
    assert written.model.queue_len == length
