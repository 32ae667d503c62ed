"""In-context retrieval in a real training run."""

from pathlib import Path

import pytest
from mmengine.runner import Runner

from setsim_mm.engine.hooks import InContextHook
from setsim_mm.evaluation import load_pretrained
from setsim_mm.evaluation.in_context_probe import InContextOptions, evaluate_in_context
from setsim_mm.utils import UserError
from tests.labelled_images import camvid_images, write_camvid

from .training_runs import logged, make_config

OPTIONS = dict(memory_size=16, k=3)


def folders(root: Path, part: str) -> tuple[str, str]:
    return str(root / 'images' / part), str(root / 'labels' / part)


def test_logs_what_the_checkpoint_gives(folder, tmp_path):
    camvid = write_camvid(tmp_path / 'camvid')
    hook = dict(
        type='InContextHook',
        train=folders(camvid, 'train'),
        val=folders(camvid, 'val'),
        num_classes=11,
        ignored=11,
        size=(96, 128),
        options=OPTIONS,
    )
    cfg = make_config(folder, hook, epochs=1)
    runner = Runner.from_cfg(cfg)
    runner.train()

    records = logged(runner.work_dir, 'in_context_miou')
    assert [record['epoch'] for record in records] == [0, 1]
    expected = evaluate_in_context(
        *load_pretrained(cfg, Path(cfg.work_dir, 'epoch_1.pth')),
        camvid_images(camvid, 'train'),
        camvid_images(camvid, 'val'),
        InContextOptions(**OPTIONS),
    )
    assert records[1]['in_context_miou'] == pytest.approx(expected.miou)


def test_options_are_checked_when_it_is_built():
    with pytest.raises(UserError, match='nowhere'):
        InContextHook((96, 128), mmseg_config='a.py', options=dict(search='nowhere'))
