"""In-context retrieval in a real training run."""

from pathlib import Path

import pytest
from mmengine.runner import Runner

from setsim_mm.evaluation.frozen_backbone import (
    build_data_preprocessor,
    load_backbone,
    rgb_preprocess,
)
from setsim_mm.evaluation.in_context_probe import InContextOptions, evaluate_in_context
from setsim_mm.evaluation.label_images import LabelImages, find_label_images
from setsim_mm.utils import UserError
from tests.labelled_images import write_camvid

from .training_runs import logged, make_config

OPTIONS = dict(memory_size=16, k=3)


def folders(root: Path, part: str) -> tuple[str, str]:
    return str(root / 'images' / part), str(root / 'labels' / part)


def hook(root: Path) -> dict:
    return dict(
        type='InContextHook',
        train=folders(root, 'train'),
        val=folders(root, 'val'),
        num_classes=11,
        ignored=11,
        size=(96, 128),
        options=OPTIONS,
    )


def test_logs_what_the_checkpoint_gives(folder, tmp_path):
    camvid = write_camvid(tmp_path / 'camvid')
    cfg = make_config(folder, hook(camvid), epochs=1)
    runner = Runner.from_cfg(cfg)
    runner.train()

    records = logged(runner.work_dir, 'in_context_miou')
    assert [record['epoch'] for record in records] == [0, 1]
    train, val = (
        LabelImages(find_label_images(*folders(camvid, part)), (96, 128), 11, 11)
        for part in ('train', 'val')
    )
    expected = evaluate_in_context(
        load_backbone(cfg.model.backbone, Path(cfg.work_dir, 'epoch_1.pth')),
        rgb_preprocess(build_data_preprocessor(cfg), 'cpu'),
        train,
        val,
        InContextOptions(**OPTIONS),
    )
    assert records[1]['in_context_miou'] == pytest.approx(expected.miou)


def test_folders_are_checked_before_the_first_step(folder, tmp_path):
    camvid = write_camvid(tmp_path / 'camvid')
    (camvid / 'labels/train/0.png').unlink()
    runner = Runner.from_cfg(make_config(folder, hook(camvid), epochs=1))
    with pytest.raises(UserError, match=r'0\.png'):
        runner.train()
    assert runner.iter == 0
