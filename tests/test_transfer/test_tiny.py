"""Tiny runs change iterations and image sizes in proportion, and nothing else."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS, DefaultScope

from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.tiny import make_tiny
from setsim_mm.utils import UserError
from tests.benchmark_configs import C4, CONFIGS, FCN

CITYSCAPES = next(path for path in CONFIGS if '769x769' in path.name)


def tiny(path, **scales) -> Config:
    cfg = load_finetuning_config(str(path))
    make_tiny(cfg, **scales)
    return cfg


def changes(before, after, place='') -> dict[str, tuple]:
    """Return every value that differs by its place."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = dict.fromkeys([*before, *after])
        pairs = [(key, before.get(key), after.get(key)) for key in keys]
    elif isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after)
        pairs = [(i, *pair) for i, pair in enumerate(zip(before, after, strict=True))]
    else:
        return {} if before == after else {place[1:]: (before, after)}
    found = {}
    for key, one, other in pairs:
        found |= changes(one, other, f'{place}.{key}')
    return found


def test_schedule_keeps_its_proportions():
    """24,000 iterations with drops at 18,000 and 22,000, warm-up 100, saved 4 times."""
    before = load_finetuning_config(str(C4)).to_dict()
    after = tiny(C4, iterations=240).to_dict()

    assert changes(before, after) == {
        'train_cfg.max_iters': (24000, 240),
        'train_cfg.val_interval': (6000, 240),
        # mmengine divides by the iterations between the first and the last of them
        'param_scheduler.0.end': (100, 2),
        'param_scheduler.1.end': (24000, 240),
        'param_scheduler.1.milestones.0': (18000, 180),
        'param_scheduler.1.milestones.1': (22000, 220),
        'default_hooks.checkpoint.interval': (6000, 240),
        'default_hooks.logger.interval': (50, 24),
        'custom_hooks.0.num_batches': (200, 24),  # a tenth of the iterations
    }


def test_all_sizes_of_images_shrink():
    """Cityscapes is evaluated in windows, and its crops are padded in the model."""
    before = load_finetuning_config(str(CITYSCAPES)).to_dict()
    after = tiny(CITYSCAPES, image_scale=0.1).to_dict()

    pipelines = {
        f'{loader}.dataset.pipeline.{step}.scale': ((2049, 1025), (205, 102))
        for loader, step in (
            ('train_dataloader', 2),
            ('val_dataloader', 1),
            ('test_dataloader', 1),
        )
    }
    assert changes(before, after) == pipelines | {
        'train_dataloader.dataset.pipeline.3.crop_size': ((769, 769), (77, 77)),
        'model.data_preprocessor.size': ((769, 769), (77, 77)),
        'model.test_cfg.crop_size': ((769, 769), (77, 77)),
        'model.test_cfg.stride': ((513, 513), (51, 51)),
    }


def test_sizes_in_nested_data_sets():
    datasets = tiny(C4, image_scale=0.25).train_dataloader.dataset.datasets

    for dataset in datasets:
        assert dataset.pipeline[3].scales[0] == (333, 120)
        assert dataset.pipeline[3].scales[-1] == (333, 200)
    train, aug = tiny(FCN, image_scale=0.25).train_dataloader.dataset.datasets
    for dataset in (train, aug):
        assert dataset.pipeline[2].ratio_range == (0.5, 2.0)
        assert dataset.pipeline[6] == dict(type='Pad', size=(128, 128))


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_the_shortest_schedule_can_be_stepped(path):
    cfg = tiny(path, iterations=2)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        schedules = [
            PARAM_SCHEDULERS.build(dict(schedule, optimizer=optimizer))
            for schedule in cfg.param_scheduler
        ]
    for _ in range(2):
        optimizer.step()
        for schedule in schedules:
            schedule.step()
    assert 0 < optimizer.param_groups[0]['lr'] <= 1


@pytest.mark.parametrize(
    ('scales', 'facts'),
    [
        (dict(iterations=1), '--iterations.* 2, not 1'),
        (dict(image_scale=0), '--image-scale.* 0, not 0'),
        # 480 pixels become 24; 0.07 is the smallest scale that gives 32
        (dict(image_scale=0.05), r'--image-scale 0\.05.* 24 .*480.* 0\.07 '),
    ],
)
def test_too_small_values_are_errors(scales, facts):
    with pytest.raises(UserError, match=facts):
        tiny(C4, **scales)


def test_a_config_that_counts_epochs_is_an_error():
    cfg = Config(dict(train_cfg=dict(max_epochs=12)))

    with pytest.raises(UserError, match=r'counts epochs.*--epochs'):
        make_tiny(cfg, iterations=10)
