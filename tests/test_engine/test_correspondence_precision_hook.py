"""Correspondence precision in real training runs of several algorithms."""

import math
from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner

from setsim_mm.engine.hooks import CorrespondencePrecisionHook
from setsim_mm.registry import HOOKS

from .training_runs import MODELS, logged, make_config, train_in_two_processes

NAMES = ('correspondence_precision', 'correspondence_chance')
HOOK = dict(type='CorrespondencePrecisionHook', num_images=5)


@pytest.mark.parametrize('algorithm', MODELS)
def test_measured_before_and_after_every_epoch(folder: Path, algorithm: str) -> None:
    runner = Runner.from_cfg(make_config(folder, HOOK, algorithm=algorithm))
    runner.train()
    records = logged(runner.work_dir, NAMES[0])
    assert [(r['epoch'], r['step']) for r in records] == [
        (0, 0),
        (1, 3),
        (2, 6),
        (3, 9),
    ]
    assert all(0 <= r[name] <= 1 for r in records for name in NAMES)
    assert len({r[NAMES[1]] for r in records}) == 1  # the views stay the same
    buffer = runner.message_hub.get_scalar(NAMES[0])
    assert buffer.data[0].tolist() == [r[NAMES[0]] for r in records]
    log = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert log.count('correspondence precision after') == 4


def test_another_data_set(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / 'other'
    other.mkdir()
    (folder / '0.png').rename(other / '0.png')
    cfg = make_config(folder, HOOK)
    dataset = dict(**cfg.train_dataloader.dataset.to_dict())
    dataset['data_root'] = str(other)
    cfg.custom_hooks[0].dataset = dataset
    runner = Runner.from_cfg(cfg)
    runner.train()
    (hook,) = (h for h in runner.hooks if isinstance(h, CorrespondencePrecisionHook))
    assert [Path(path).name for path in hook._pairs.paths] == ['0.png']


def test_views_without_boxes_raise_an_error(folder: Path) -> None:
    cfg = make_config(folder, HOOK, algorithm='MoCo')
    cfg.train_dataloader.dataset.pipeline[-1].meta_keys = ['img_path']
    with pytest.raises(ValueError, match='where they were cut'):
        Runner.from_cfg(cfg).train()


def test_no_overlap_is_logged(folder: Path, monkeypatch) -> None:
    from setsim_mm.engine.hooks import correspondence_precision_hook as module

    cut = module.cut_view_pairs

    def cut_apart(*args):
        pairs = cut(*args)
        pairs.boxes[0][:] = torch.tensor([0.0, 0.0, 0.2, 0.2])
        pairs.boxes[1][:] = torch.tensor([0.5, 0.5, 1.0, 1.0])
        return pairs

    monkeypatch.setattr(module, 'cut_view_pairs', cut_apart)
    runner = Runner.from_cfg(make_config(folder, HOOK))
    runner.train()
    assert logged(runner.work_dir, NAMES[0]) == []
    log = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert 'overlap' in log


@pytest.mark.parametrize('name', ['interval', 'num_images', 'batch_size'])
def test_numbers_below_one_raise_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=rf'{name}.* 1\b.* 0\b'):
        HOOKS.build(dict(type='CorrespondencePrecisionHook', **{name: 0}))


def test_two_processes_equal_one(folder: Path, tmp_path: Path) -> None:
    cfg = make_config(folder, HOOK, epochs=1)
    Runner.from_cfg(cfg).train()
    (alone, _) = logged(cfg.work_dir, NAMES[0])
    cfg.work_dir = str(tmp_path / 'two')
    train_in_two_processes(cfg, tmp_path)
    (start, end) = logged(cfg.work_dir, NAMES[0])
    assert start[NAMES[0]] == pytest.approx(alone[NAMES[0]], abs=1e-12)
    assert start[NAMES[1]] == pytest.approx(alone[NAMES[1]], rel=1e-9)
    assert math.isfinite(end[NAMES[0]])
