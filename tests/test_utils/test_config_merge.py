"""Merging one config into another."""

import pytest
from mmengine.config import Config

from setsim_mm.utils import UserError, load_training_config
from setsim_mm.utils.config_merge import merge_config
from tests.test_tools.training_helpers import REPO

CONFIGS = REPO / 'configs' / 'selfsup'
TINY = CONFIGS / '_base_' / 'scales' / 'miniature_r18.py'


def merged(other: dict, base: dict) -> dict:
    cfg = Config(base)
    merge_config(cfg, Config(other))
    return cfg.to_dict()


def test_a_dictionary_is_merged_and_a_list_is_replaced():
    base = dict(model=dict(type='A', depth=50), hooks=[1, 2], kept=0)
    other = dict(model=dict(depth=18), hooks=[3], new=dict(a=1))
    assert merged(other, base) == dict(
        model=dict(type='A', depth=18), hooks=[3], kept=0, new=dict(a=1)
    )


def test_delete_replaces_a_dictionary():
    base = dict(model=dict(neck=dict(type='A', x=1), depth=50))
    other = dict(model=dict(neck=dict(_delete_=True, type='B')))
    assert merged(other, base) == dict(model=dict(neck=dict(type='B'), depth=50))


def test_an_index_reaches_into_a_list():
    base = dict(pipeline=[dict(type='A'), dict(type='B', views=[[dict(size=224)]])])
    other = dict(pipeline={'1': dict(views={'0': {'0': dict(size=64)}})})
    assert merged(other, base) == dict(
        pipeline=[dict(type='A'), dict(type='B', views=[[dict(size=64)]])]
    )


@pytest.mark.parametrize(('kind', 'length'), [('MoCo', 8), ('mmselfsup.MoCo', 8)])
def test_settings_for_one_model_type(kind, length):
    only = dict(MoCo=dict(model=dict(queue_len=length)), Other=dict(a=1))
    cfg = merged(dict(for_model_type=only), dict(model=dict(type=kind)))
    assert cfg == dict(model=dict(type=kind, queue_len=length))
    assert merged(dict(for_model_type=only), dict(model=dict(type='SimSiam'))) == dict(
        model=dict(type='SimSiam')
    )


def test_options_have_priority():
    cfg = load_training_config(
        str(CONFIGS / 'mocov2_r50_200e_in100.py'),
        {'train_dataloader.batch_size': 4, 'train_dataloader.num_workers': 0},
        str(TINY),
    )
    loader = cfg.train_dataloader
    assert (loader.batch_size, loader.persistent_workers) == (4, False)
    assert (cfg.model.backbone.depth, cfg.model.queue_len) == (18, 1024)
    assert loader.dataset.classes is None and loader.dataset.ann_file == ''
    transforms = loader.dataset.pipeline[1].transforms[0]
    assert (transforms[0].size, transforms[0].scale) == (112, (0.2, 1.0))
    assert transforms[1].type == 'RGBColorJitter'


def test_errors_name_the_config(tmp_path):
    other = tmp_path / 'other.py'
    other.write_text('train_dataloader = dict(batch_size=dict(a=1))\n')
    config = str(CONFIGS / 'mocov2_r50_200e_in100.py')
    with pytest.raises(UserError, match=r"other\.py'.*mocov2_r50_200e_in100\.py'"):
        load_training_config(config, merge=str(other))
    with pytest.raises(UserError, match=r"'nothing\.py'"):
        load_training_config(config, merge='nothing.py')
