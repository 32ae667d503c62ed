"""The segmentation probe at the end of a training run."""

from pathlib import Path

import mmseg  # noqa: F401 - skipped without it
import pytest
import torch
from mmengine.runner import Runner

from setsim_mm.evaluation import run_segmentation_probe, segmentation_probe_config
from setsim_mm.utils import UserError
from tests.labelled_images import write_camvid

from .training_runs import logged, make_config

CONFIG = (
    Path(__file__).parents[2] / 'configs/benchmarks/mmsegmentation/linear_camvid.py'
)
OPTIONS = {
    'train_cfg.max_epochs': 1,
    'train_dataloader.batch_size': 2,
    'train_dataloader.num_workers': 0,
    'val_dataloader.num_workers': 0,
    'train_dataloader.dataset.pipeline.2.scale': (128, 96),
    'val_dataloader.dataset.pipeline.1.scale': (128, 96),
}


def hook(data_root: Path) -> dict:
    return dict(
        type='SegmentationProbeHook',
        config=str(CONFIG),
        data_root=str(data_root),
        cfg_options=OPTIONS,
        interval=None,
        initial=False,
    )


@pytest.mark.slow
def test_log_equals_the_value_of_the_checkpoint(folder: Path, tmp_path: Path) -> None:
    camvid = write_camvid(tmp_path / 'camvid')
    cfg = make_config(folder, hook(camvid), epochs=1)
    runner = Runner.from_cfg(cfg)
    runner.train()
    (record,) = logged(runner.work_dir, 'segmentation_miou')
    checkpoint = Path(runner.work_dir, 'epoch_1.pth')
    probe = segmentation_probe_config(CONFIG, cfg, checkpoint, camvid, OPTIONS)
    expected = run_segmentation_probe(probe, tmp_path / 'probe')['mIoU']
    assert record['segmentation_miou'] == expected
    assert (record['epoch'], record['step']) == (1, 3)
    state = torch.get_rng_state()
    cfg.custom_hooks, cfg.work_dir = [], str(tmp_path / 'without')
    other = Runner.from_cfg(cfg)
    other.train()
    assert torch.equal(state, torch.get_rng_state())
    weights = other.model.state_dict()
    for name, value in runner.model.state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_missing_data_raises_an_error_before_training(folder: Path) -> None:
    runner = Runner.from_cfg(make_config(folder, hook(folder / 'nothing')))
    with pytest.raises(UserError, match='nothing/images/train'):
        runner.train()
    assert runner.iter == 0


@pytest.mark.usefixtures('forked_programs')
def test_a_probe_that_fails_stops_training_with_its_message(
    folder: Path, tmp_path: Path
) -> None:
    camvid = write_camvid(tmp_path / 'camvid')
    (camvid / 'labels' / 'train' / '0.png').unlink()
    runner = Runner.from_cfg(make_config(folder, dict(hook(camvid), initial=True)))
    with pytest.raises(UserError, match=r'0\.png'):
        runner.train()
