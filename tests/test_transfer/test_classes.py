"""Models and data that do not agree are told apart before training."""

import pytest

from setsim_mm.transfer.classes import require_classes
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.utils import UserError
from tests.test_benchmark_configs import C4, CONFIGS, FCN


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_config_agrees_with_its_data(path):
    require_classes(load_finetuning_config(str(path)))


def test_a_head_of_another_size_is_refused():
    cfg = load_finetuning_config(str(C4), {'model.roi_head.bbox_head.num_classes': 3})

    with pytest.raises(UserError) as error:
        require_classes(cfg)

    assert str(error.value).startswith(
        'model.roi_head.bbox_head.num_classes is 3, but the VOCDataset of '
        'train_dataloader has 20 classes: set the one, or '
    )


def test_classes_of_ones_own_count():
    cfg = load_finetuning_config(str(FCN))
    for dataset in cfg.train_dataloader.dataset.datasets:
        dataset.metainfo = dict(classes=('road', 'sky'))

    with pytest.raises(UserError, match=r'PascalVOCDataset of train_.* has 2 classes'):
        require_classes(cfg)
