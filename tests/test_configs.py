"""Every pre-training config: built through its own registries and stepped once."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.runner import Runner
from torch import nn

from setsim_mm.datasets import ImagePairs, write_pairs
from setsim_mm.models import SetSim
from setsim_mm.models.matchers import GeometricMatcher, Set2SetMatcher, UnionMatcher
from setsim_mm.registry import DATASETS, MODELS
from setsim_mm.utils import load_training_config
from setsim_mm.utils.mixed_precision import use_mixed_precision
from tests.test_tools.training_helpers import write_images

FOLDER = Path(__file__).parents[1] / 'configs' / 'selfsup'
# Those of copy detection have views of their own: test_copy_configs.py.
CONFIGS = sorted(
    path
    for path in FOLDER.rglob('*.py')
    if not {'_base_', 'copy_detection'} & set(path.parts)
)
IMAGENET100_LIST = Path(__file__).parent / 'data' / 'imagenet100.txt'


@pytest.fixture
def own_scope():
    before = DefaultScope.get_current_instance()
    init_default_scope('setsim_mm')
    yield
    if before is not None:
        init_default_scope(before.scope_name)


def small(cfg: Config, images: Path) -> Config:
    """Return the config for a few small images."""
    dataset = cfg.train_dataloader.dataset
    dataset.update(data_root=str(images), data_prefix=dict(img_path=''), ann_file='')
    dataset.classes = None
    if 'pairs' in dataset:
        dataset.pairs = str(images.parent / 'pairs.csv')
        write_pairs(dataset.pairs, ImagePairs(['0.png'], ['1.png'], np.array([0.9])))
    dataset.pipeline[1].transforms[0][0].size = 64
    if dataset.pipeline[0].type == 'LoadChannels':
        dataset.pipeline[0].update(channels=3, dtype='uint8')
        cfg.model.backbone.in_channels = 3
        cfg.model.data_preprocessor.update(mean=[120.0] * 3, std=[60.0] * 3)
    if 'queue_len' in cfg.model:
        cfg.model.queue_len = 8
    # A branch that starts at zero would pass no gradient on in the first step.
    cfg.model.backbone.pop('zero_init_residual', None)
    return cfg


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_builds_and_steps(path, tmp_path, own_scope):
    cfg = small(load_training_config(str(path)), write_images(tmp_path / 'images', 2))
    if cfg.optim_wrapper.type == 'AmpOptimWrapper':
        use_mixed_precision(cfg)
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    model = MODELS.build(cfg.model)
    model.init_weights()
    optim_wrapper = Runner.build_optim_wrapper(
        Holder(model, cfg.work_dir), cfg.optim_wrapper
    )
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    before = {name: parameter.clone() for name, parameter in trained.items()}
    reached = set()
    for name, parameter in trained.items():
        parameter.register_post_accumulate_grad_hook(partial(note, reached, name))
    # The last sample of SePP is a pair of images.
    log = model.train_step(default_collate([dataset[0], dataset[-1]]), optim_wrapper)
    assert torch.isfinite(log['loss'])
    # DistributedDataParallel stops at a parameter that no loss reaches.
    assert reached == set(trained)
    still = [name for name, old in before.items() if old.equal(trained[name])]
    assert not [name for name in still if name.startswith('backbone')]


def note(reached: set[str], name: str, parameter: nn.Parameter) -> None:
    reached.add(name)


class Holder:
    """The attributes that Runner.build_optim_wrapper reads."""

    def __init__(self, model: nn.Module, work_dir: str) -> None:
        self.model = model
        self.work_dir = work_dir


def test_the_papers_setting(own_scope):
    """Section 4, "Pretraining Setting", and Eq. 8 and 9."""
    cfg = load_training_config(str(FOLDER / 'setsim_r50_200e_in1k.py'))
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
    assert geometry.radius == GeometricMatcher().radius == 0.5


def test_the_setting_on_simsiam(own_scope):
    """Section 4, and SimSiam's widths (arXiv:2011.10566, section 3)."""
    for name in ('simsiam', 'setsim_simsiam'):
        cfg = load_training_config(str(FOLDER / f'{name}_r50_200e_in100.py'))
        assert cfg.train_dataloader.batch_size * 8 == 256
        assert cfg.optim_wrapper.optimizer.lr == 0.1
        assert cfg.sync_bn == 'torch'
        assert cfg.default_hooks.fixed_learning_rate.type == 'FixedLearningRateHook'
        model = MODELS.build(cfg.model)
        groups = Runner.build_optim_wrapper(
            Holder(model, cfg.work_dir), cfg.optim_wrapper
        ).param_groups
        fixed = {
            id(p) for group in groups if group.get('fix_lr') for p in group['params']
        }
        assert fixed == {id(p) for n, p in model.named_parameters() if 'predictor' in n}
        assert fixed
    sizes = {name: tuple(p.shape) for name, p in model.named_parameters()}
    assert sizes['neck.set_projector.6.weight'] == (2048, 2048, 1, 1)
    assert sizes['head.set_predictor.0.weight'] == (512, 2048, 1, 1)
    assert sizes['head.image_predictor.3.weight'] == (2048, 512)
    assert model.symmetric and model.head.loss_lambda == 0.5


# Row of the paper: whether it has one direction, nearest neighbours, and its matchers.
ROWS = {
    'random': (True, False, {'RandomMatcher': 0.7, 'GeometricMatcher': None}),
    'sort': (True, False, {'SortMatcher': 0.7, 'GeometricMatcher': None}),
    'hungarian': (True, False, {'HungarianMatcher': 0.7, 'GeometricMatcher': None}),
    'set2set': (True, False, {'Set2SetMatcher': 0.7, 'GeometricMatcher': None}),
    'set': (False, None, {'Set2SetNNMatcher': 0.7}),
    'geo': (False, None, {'GeometricMatcher': None}),
    'set-geo': (False, True, {'Set2SetMatcher': 0.7, 'GeometricMatcher': None}),
    **{
        f'delta0{tenths}': (
            True,
            True,
            {'Set2SetMatcher': tenths / 10, 'GeometricMatcher': None},
        )
        for tenths in (1, 2, 3, 4, 5, 6, 8, 9)
    },
}


def test_every_ablation_is_tested():
    prefix = 'setsim_r50_200e_in100_'
    stems = {path.stem.removeprefix(prefix) for path in FOLDER.glob('ablations/*.py')}
    assert stems == set(ROWS)


@pytest.mark.parametrize('row', ROWS)
def test_an_ablation_differs_in_its_matching_alone(row):
    path = FOLDER / 'ablations' / f'setsim_r50_200e_in100_{row}.py'
    cfg = load_training_config(str(path))
    main = load_training_config(str(FOLDER / 'setsim_r50_200e_in100.py'))
    matcher = cfg.model.matcher
    found = matcher.get('matchers', [matcher])
    assert (
        cfg.model.symmetric,
        matcher.get('nearest_neighbor'),
        {part.type: part.get('threshold') for part in found},
    ) == ROWS[row]
    for part in ('model.matcher', 'model.symmetric', 'matchers', 'work_dir'):
        for config in (cfg, main):
            *parents, name = part.split('.')
            (config[parents[0]] if parents else config).pop(name, None)
    assert cfg.to_dict() == main.to_dict()


# From the names of their run, attention0p7_negtive0p2_nearest1_geometry0p5_Sym2x_ep200
# in detection/train_det.sh, and from what their released training script passes.
@pytest.mark.parametrize(
    ('name', 'both_directions', 'nearest_neighbor', 'batch', 'rate', 'wrapper'),
    [
        ('authors', True, True, 256, 0.03, 'OptimWrapper'),
        ('authors-script', False, False, 512, 0.12, 'AmpOptimWrapper'),
    ],
)
def test_the_authors_settings(
    own_scope, name, both_directions, nearest_neighbor, batch, rate, wrapper
):
    cfg = load_training_config(str(FOLDER / f'setsim_r50_200e_in1k_{name}.py'))
    assert cfg.train_dataloader.batch_size * 8 == batch
    assert cfg.auto_scale_lr.base_batch_size == batch
    assert cfg.optim_wrapper.optimizer.lr == rate
    assert cfg.optim_wrapper.type == wrapper
    model = MODELS.build(cfg.model)
    assert model.symmetric == both_directions
    assert model.matcher.nearest_neighbor == nearest_neighbor
    sets, geometry = model.matcher.matchers
    assert (sets.threshold, sets.power, sets.min_similarity) == (0.7, 2, 0.2)
    assert geometry.radius == 0.5


@pytest.mark.parametrize(
    'method', ['setsim', 'mocov2', 'simsiam', 'setsim_simsiam', 'densecl']
)
def test_imagenet100_is_the_published_list(method):
    cfg = load_training_config(str(FOLDER / f'{method}_r50_200e_in100.py'))
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
def test_another_matcher_is_one_option(options, own_scope):
    config = str(FOLDER / 'setsim_r50_200e_in100.py')
    model = MODELS.build(load_training_config(config, options).model)
    names = {type(module).__name__ for module in model.matcher.modules()}
    assert set(options.values()) <= names
