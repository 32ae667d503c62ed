"""The configs of copy detection: built, and stepped once."""

from pathlib import Path

import pytest
import torch
from mmengine.dataset import default_collate
from mmengine.registry import DefaultScope

from setsim_mm.host import DATASETS, MODELS
from setsim_mm.models import KeyBank
from setsim_mm.models.utils.preprocessing import preprocess
from setsim_mm.utils import load_training_config
from tests.test_datasets.images import noise_image

FOLDER = Path(__file__).parents[1] / 'configs/selfsup/copy_detection'
CONFIGS = sorted(FOLDER.glob('*.py'))


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp('images')
    for seed in range(3):
        noise_image(seed, (80, 60)).save(folder / f'{seed}.png')
    return folder


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_builds_and_steps(path, images, monkeypatch):
    monkeypatch.setenv('IMAGES', str(images))
    cfg = load_training_config(str(path))
    dataset = cfg.train_dataloader.dataset
    overlay = dataset.pipeline[1].transforms[0][0].transforms[0]
    assert overlay.data_root == str(images)
    if path.stem.endswith('folder'):
        assert dataset.data_root == str(images)
    dataset.update(data_root=str(images), ann_file='', data_prefix=dict(img_path=''))
    for view, step in ((0, 1), (1, 0)):
        dataset.pipeline[1].transforms[view][step].size = 64
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        samples = DATASETS.build(dataset)
        model = MODELS.build(cfg.model)
    model.init_weights()
    batch = default_collate([samples[0], samples[2]])
    data = preprocess(model.data_preprocessor, batch)
    assert [view.shape for view in data[0]] == [(2, 3, 64, 64)] * 2
    learning = model
    if cfg.model.type == 'QKIteration':
        assert cfg.find_unused_parameters
        (hook,) = (h for h in cfg.custom_hooks if h['type'] == 'QKPhaseHook')
        assert hook['length'] == 1
        bank = KeyBank(3, 256)
        bank.write(torch.arange(3), torch.eye(3, 256))
        model.begin_phase(0, 'key', bank)
        learning = model.key_model
    loss = model.loss(*data)['loss']
    assert loss.isfinite()
    loss.backward()
    got = {name for name, p in model.named_parameters() if p.grad is not None}
    assert len(got) == len(list(learning.parameters()))
    assert all(p.grad is not None for p in learning.parameters())
