"""Overclustering in a real training run."""

from pathlib import Path

import mmseg  # noqa: F401 - skipped without it
import pytest
from mmengine.runner import Runner

from setsim_mm.evaluation import load_pretrained
from setsim_mm.evaluation.overclustering import (
    OverclusteringOptions,
    evaluate_overclustering,
)
from tests.labelled_images import camvid_images, write_camvid

from .training_runs import logged, make_config

CAMVID = (
    Path(__file__).parents[2] / 'configs/benchmarks/mmsegmentation/linear_camvid.py'
)
OPTIONS = dict(num_clusters=6, num_seeds=2)


def test_logs_what_the_checkpoint_gives(folder, tmp_path):
    camvid = write_camvid(tmp_path / 'camvid')
    hook = dict(
        type='OverclusteringHook',
        mmseg_config=str(CAMVID),
        data_root=str(camvid),
        size=(96, 128),
        options=OPTIONS,
        images='streets',
        initial=False,
    )
    cfg = make_config(folder, hook, epochs=1)
    runner = Runner.from_cfg(cfg)
    runner.train()

    (record,) = logged(runner.work_dir, 'streets_overclustering_miou')
    expected = evaluate_overclustering(
        *load_pretrained(cfg, Path(cfg.work_dir, 'epoch_1.pth')),
        camvid_images(camvid, 'val'),
        OverclusteringOptions(**OPTIONS),
    )
    assert record['streets_overclustering_miou'] == pytest.approx(expected.miou)
