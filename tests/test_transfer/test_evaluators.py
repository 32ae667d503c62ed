"""The evaluators of Cityscapes' instances, which need a package and a folder."""

import pytest

from setsim_mm.transfer import evaluators
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.utils import UserError
from tests.test_tools.training_helpers import REPO

CITYSCAPES = 'mmdetection/cityscapes/mask-rcnn_r50-fpn_24k_cityscapes.py'


@pytest.fixture
def cfg():
    return load_finetuning_config(str(REPO / 'configs' / 'benchmarks' / CITYSCAPES))


def test_missing_package_is_named(cfg, monkeypatch):
    evaluators.require_packages(cfg)
    monkeypatch.setattr(evaluators, 'find_spec', lambda name: None)
    with pytest.raises(UserError) as error:
        evaluators.require_packages(cfg)
    assert 'cityscapesscripts' in str(error.value)


def test_each_run_has_its_own_folder_of_results(cfg):
    cfg.work_dir = 'work_dirs/mine'
    evaluators.set_result_folders(cfg)
    for those in (cfg.val_evaluator, cfg.test_evaluator):
        assert those[1].outfile_prefix == 'work_dirs/mine/instances'
