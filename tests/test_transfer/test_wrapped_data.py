"""Configs of benchmarks with wrapped data sets."""

import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS, DefaultScope

from setsim_mm.transfer.classes import require_classes
from setsim_mm.transfer.data_root import set_data_root
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.tiny import make_tiny
from setsim_mm.transfer.wrapped_data import wrap_datasets
from tests.benchmark_configs import C4, CONFIGS, FCN


def test_data_sets_are_wrapped_once_and_evaluations_replace_nothing():
    leaf = dict(type='CocoDataset', ann_file='a.json')
    own = dict(type='mmselfsup.SkipUnreadable', dataset=leaf, max_unreadable_share=0.2)
    joined = dict(type='ConcatDataset', datasets=[leaf, own])
    cfg = Config(
        dict(
            train_dataloader=dict(dataset=joined),
            val_dataloader=dict(dataset=leaf),
            test_dataloader=dict(dataset=own),
            custom_imports=dict(imports='mine', allow_failed_imports=True),
            custom_hooks=[dict(type='EMAHook')],
        )
    )
    wrap_datasets(cfg)
    once = cfg.to_dict()
    wrap_datasets(cfg)

    assert cfg.to_dict() == once
    first, second = once['train_dataloader']['dataset']['datasets']
    assert first['dataset'] == leaf and first['max_unreadable_share'] == 0.01
    assert second == own
    for part in ('val_dataloader', 'test_dataloader'):
        assert once[part]['dataset']['dataset'] == leaf
        assert once[part]['dataset']['max_unreadable_share'] is None
    assert [hook['type'] for hook in once['custom_hooks']] == [
        'EMAHook',
        'mmselfsup.UnreadableImagesHook',
    ]
    assert 'mine' in once['custom_imports']['imports']
    assert 'setsim_mm.transfer.skip_unreadable' in once['custom_imports']['imports']


@pytest.mark.parametrize('path', [C4, FCN], ids=lambda path: path.stem)
def test_other_changes_of_a_config_apply_to_wrapped_data_sets(path):
    """The config in a work folder is wrapped already."""

    def changed(wrapped_first: bool) -> dict:
        cfg = load_finetuning_config(str(path))
        if wrapped_first:
            wrap_datasets(cfg)
        set_data_root(cfg, '/disk')
        make_tiny(cfg, iterations=10, image_scale=0.5)
        require_classes(cfg)
        wrap_datasets(cfg)
        return cfg.to_dict()

    first = changed(wrapped_first=True)
    assert first == changed(wrapped_first=False)
    leaf = first['train_dataloader']['dataset']['datasets'][0]
    assert leaf['type'] == 'mmselfsup.SkipUnreadable'
    assert leaf['dataset']['data_root'].startswith('/disk/')


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_toy_data_of_every_benchmark_can_be_loaded(path, toy_data):
    cfg = load_finetuning_config(str(path), data_root=toy_data.root)
    make_tiny(cfg, image_scale=0.1)
    wrap_datasets(cfg)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        train = DATASETS.build(cfg.train_dataloader.dataset)
        val = DATASETS.build(cfg.val_dataloader.dataset)
        assert train[len(train) - 1]['inputs'].shape[0] == 3
        assert val[len(val) - 1]['inputs'].shape[0] == 3
