"""Every pre-training config: built through its own registries and stepped once."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.runner import Runner
from mmselfsup.registry import DATASETS, MODELS
from torch import nn

from setsim_mm.models import SetSim
from setsim_mm.models.matchers import GeometricMatcher, Set2SetMatcher, UnionMatcher
from setsim_mm.utils import load_training_config
from setsim_mm.utils.mixed_precision import use_mixed_precision
from tests.test_tools.training_helpers import write_images

CONFIGS = sorted((Path(__file__).parents[1] / 'configs' / 'selfsup').glob('*.py'))
IMAGENET100_LIST = Path(__file__).parents[2] / 'shared' / 'lists' / 'imagenet100.txt'


@pytest.fixture
def mmselfsup_scope():
    before = DefaultScope.get_current_instance()
    init_default_scope('mmselfsup')
    yield
    if before is not None:
        init_default_scope(before.scope_name)


def small(cfg: Config, images: Path) -> Config:
    """The same config on a few small images, which is all that a test can pay for."""
    dataset = cfg.train_dataloader.dataset
    dataset.update(data_root=str(images), data_prefix=dict(img_path=''), ann_file='')
    dataset.classes = None
    dataset.pipeline[1].transforms[0][0].size = 64
    cfg.model.queue_len = 8
    return cfg


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_builds_and_steps(path, tmp_path, mmselfsup_scope):
    cfg = small(load_training_config(str(path)), write_images(tmp_path / 'images', 2))
    if cfg.optim_wrapper.type == 'AmpOptimWrapper':
        use_mixed_precision(cfg)
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    model = MODELS.build(cfg.model)
    model.init_weights()
    optim_wrapper = Runner.build_optim_wrapper(
        Holder(model, cfg.work_dir), cfg.optim_wrapper
    )
    before = [parameter.clone() for parameter in model.backbone.parameters()]
    log = model.train_step(default_collate([dataset[0], dataset[1]]), optim_wrapper)
    assert torch.isfinite(log['loss'])
    after = model.backbone.parameters()
    moved = [not a.equal(b) for a, b in zip(before, after, strict=True)]
    assert all(moved)


class Holder:
    """What Runner.build_optim_wrapper asks its runner for."""

    def __init__(self, model: nn.Module, work_dir: str) -> None:
        self.model = model
        self.work_dir = work_dir


def test_the_papers_setting(mmselfsup_scope):
    """Section 4, "Pretraining Setting", and Eq. 8 and 9."""
    cfg = load_training_config(str(CONFIGS[0].parent / 'setsim_r50_200e_in1k.py'))
    assert cfg.train_dataloader.batch_size * 8 == 256
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.lr, optimizer.momentum, optimizer.weight_decay) == (
        0.03,
        0.9,
        1e-4,
    )
    assert cfg.train_cfg.max_epochs == cfg.param_scheduler[0].T_max == 200
    assert cfg.auto_scale_lr.base_batch_size == 256

    model = MODELS.build(cfg.model)
    assert isinstance(model, SetSim) and model.symmetric
    assert model.image_queue.length == model.set_queue.length == 65536
    assert model.head.loss_lambda == 0.5 and model.head.loss_module.temperature == 0.2
    assert isinstance(model.matcher, UnionMatcher) and model.matcher.nearest_neighbor
    sets, geometry = model.matcher.matchers
    assert isinstance(sets, Set2SetMatcher) and isinstance(geometry, GeometricMatcher)
    assert (sets.threshold, sets.power, sets.min_similarity) == (0.7, 1, None)
    assert geometry.radius == 0.7


def test_the_authors_setting(mmselfsup_scope):
    """What their released script passes, where the paper says otherwise."""
    cfg = load_training_config(
        str(CONFIGS[0].parent / 'setsim_r50_200e_in1k_authors.py')
    )
    assert cfg.train_dataloader.batch_size * 8 == 512
    assert cfg.optim_wrapper.optimizer.lr == 0.12
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    model = MODELS.build(cfg.model)
    assert not model.symmetric and not model.matcher.nearest_neighbor
    sets, geometry = model.matcher.matchers
    assert (sets.threshold, sets.power, sets.min_similarity) == (0.7, 2, 0.2)
    assert geometry.radius == 0.5


@pytest.mark.parametrize('method', ['setsim', 'mocov2'])
def test_imagenet100_is_the_published_list(method):
    if not IMAGENET100_LIST.is_file():
        pytest.skip(f'{IMAGENET100_LIST.name} is not on this machine')
    cfg = load_training_config(str(CONFIGS[0].parent / f'{method}_r50_200e_in100.py'))
    listed = IMAGENET100_LIST.read_text().split()
    assert sorted(cfg.train_dataloader.dataset.classes) == sorted(listed)
    assert len(set(listed)) == 100


@pytest.mark.parametrize(
    'options',
    [
        {'model.matcher.matchers.0.type': 'HungarianMatcher'},
        {'model.matcher': 'SortMatcher'},
    ],
)
def test_another_matcher_is_one_option(options, mmselfsup_scope):
    config = str(CONFIGS[0].parent / 'setsim_r50_200e_in100.py')
    model = MODELS.build(load_training_config(config, options).model)
    names = {type(module).__name__ for module in model.matcher.modules()}
    assert set(options.values()) <= names
