"""A Runner fits the queue to the images before it builds the model."""

from pathlib import Path

import pytest
from mmengine.config import Config

from setsim_mm.engine.queue_length import PAPER
from setsim_mm.engine.runner import DurableRunner

from .runs import make_run

SELFSUP = Path(__file__).parents[3] / 'configs' / 'selfsup'
OF_FOLDERS = [SELFSUP / 'demo_r18.py', *sorted(SELFSUP.rglob('*setsim*_folder*.py'))]


@pytest.mark.parametrize(('fits', 'length'), [(True, 2), (False, 64)])
def test_queue_of_six_images(images, tmp_path, fits, length):
    cfg = make_run(images, tmp_path / 'run', fit_queue_to_images=fits)
    cfg.model.queue_len = 64
    runner = DurableRunner.from_cfg(cfg)
    assert runner.model.image_queue.length == length
    runner.train()
    written = Config.fromfile(*Path(cfg.work_dir).glob('*.py'))
    assert written.model.queue_len == length


@pytest.mark.parametrize('path', OF_FOLDERS, ids=lambda path: path.stem)
def test_configs_of_a_folder_fit_the_papers_queue_and_keep_their_own(path):
    cfg = Config.fromfile(path)
    assert cfg.get('fit_queue_to_images', False) == (cfg.model.queue_len == PAPER)
