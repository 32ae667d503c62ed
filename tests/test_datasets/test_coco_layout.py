"""The COCO config on the folders of COCO."""

from pathlib import Path

from setsim_mm.registry import DATASETS
from setsim_mm.utils import load_training_config

REPO = Path(__file__).parents[2]


def test_every_photograph_of_train2017(coco128: Path):
    cfg = load_training_config(str(REPO / 'configs/selfsup/setsim_r50_800e_coco.py'))
    assert cfg.param_scheduler[0].T_max == cfg.train_cfg.max_epochs == 800

    cfg.train_dataloader.dataset.data_root = str(coco128)
    dataset = DATASETS.build(cfg.train_dataloader.dataset)

    assert len(dataset) == len(list((coco128 / 'train2017').glob('*.jpg'))) == 100
    views = dataset[0]
    assert [view.shape for view in views['inputs']] == [(3, 224, 224)] * 2
    assert views['data_samples'].metainfo['view_boxes'].shape == (2, 4)
