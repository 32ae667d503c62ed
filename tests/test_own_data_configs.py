"""Configs for one's own data measure the checkpoint, and so do those of the demo."""

import pytest

from setsim_mm.registry import MODELS
from setsim_mm.transfer.classes import require_classes
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.weights import transferred_weights
from studies.tasks import TASKS
from tests.test_transfer.protocol_checks import transfer_faults

from .benchmark_configs import FOLDER, built, faults_of
from .test_transfer.checkpoints import write

OWN = sorted((FOLDER / 'own_data').glob('*.py'))
DEMO = str(FOLDER / '_base_' / 'scales' / 'demo_r18.py')
ALL = [*OWN, *(FOLDER / task.toolbox / task.config for task in TASKS)]


@pytest.mark.parametrize('path', OWN, ids=lambda path: path.stem)
def test_nothing_is_wrong(path, extracted):
    cfg = load_finetuning_config(str(path))

    require_classes(cfg)
    assert cfg.task is None
    assert faults_of(cfg, extracted) == []


def test_all_three_are_here():
    assert len(OWN) == 3


@pytest.mark.parametrize('path', ALL, ids=lambda path: path.stem)
def test_weights_of_the_demo_arrive(path, tmp_path):
    """A ResNet-18 of half the width, through C4's head as well."""
    cfg = load_finetuning_config(str(path), merge=DEMO)
    resnet = dict(type='mmcls.ResNet', depth=18, stem_channels=32, base_channels=32)
    trained = MODELS.build(resnet).state_dict()
    named = {f'backbone.{name}': value for name, value in trained.items()}
    checkpoint = write(tmp_path / 'epoch_5.pth', named)

    weights = transferred_weights(cfg, checkpoint)

    assert weights.keys() == trained.keys()
    model = built(cfg, write(tmp_path / 'backbone.pth', weights))
    assert transfer_faults(model, trained, cfg) == []
