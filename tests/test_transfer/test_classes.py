"""Models and data with different numbers of classes are an error before training."""

import pytest

from setsim_mm.transfer.classes import require_classes
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.utils import UserError
from tests.benchmark_configs import C4, CONFIGS, FCN


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_config_has_the_classes_of_its_data(path):
    require_classes(load_finetuning_config(str(path)))


def test_a_head_with_another_number_of_classes_is_an_error():
    cfg = load_finetuning_config(str(C4), {'model.roi_head.bbox_head.num_classes': 3})

    with pytest.raises(UserError) as error:
        require_classes(cfg)

    for fact in (
        'model.roi_head.bbox_head.num_classes is 3',
        'VOCDataset of train_dataloader has 20 classes',
    ):
        assert fact in str(error.value)


def test_classes_of_the_data_set_config_count():
    cfg = load_finetuning_config(str(FCN))
    for dataset in cfg.train_dataloader.dataset.datasets:
        dataset.metainfo = dict(classes=('road', 'sky'))

    with pytest.raises(UserError, match=r'PascalVOCDataset of train_.* has 2 classes'):
        require_classes(cfg)
