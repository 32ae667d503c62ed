"""The checks; tests/test_tools/test_train.py has them in a run."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import DefaultSampler
from torch import nn
from torch.utils.data import DataLoader

from setsim_mm.engine.hooks.pretraining_check_hook import (
    PreTrainingCheckHook,
    check_batch_size,
    check_bn_groups,
    check_boxes,
    check_queues,
    check_weights,
)
from setsim_mm.host import SelfSupDataSample
from setsim_mm.models.matchers import GeometricMatcher, Set2SetMatcher, UnionMatcher
from setsim_mm.models.memories import FeatureQueue
from setsim_mm.models.utils import group_batch_norm
from setsim_mm.registry import HOOKS
from setsim_mm.utils import UserError


class Images(torch.utils.data.Dataset):
    """A number of images, with or without boxes."""

    def __init__(self, number, with_boxes=True):
        self.number = number
        self.with_boxes = with_boxes

    def __len__(self):
        return self.number

    def __getitem__(self, index):
        boxes = dict(view_boxes=[[0, 0, 1, 1]] * 2) if self.with_boxes else {}
        return dict(inputs=[], data_samples=SelfSupDataSample(metainfo=boxes))


def loader(images=8, batch_size=4, drop_last=True, with_boxes=True):
    dataset = Images(images, with_boxes)
    return DataLoader(
        dataset, batch_size, sampler=DefaultSampler(dataset), drop_last=drop_last
    )


class Model(nn.Module):
    """Parts with the names of the algorithms."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


def test_hook_is_registered_for_configs():
    hook = HOOKS.build(dict(type='PreTrainingCheckHook'))

    assert isinstance(hook, PreTrainingCheckHook)


@pytest.mark.parametrize(('batch_size', 'world_size'), [(8, 1), (4, 2), (1, 8)])
def test_batch_of_the_size_of_the_data_set(batch_size, world_size):
    check_batch_size(loader(8, batch_size), world_size)


@pytest.mark.parametrize('drop_last', [True, False])
def test_batch_larger_than_the_data(drop_last):
    with pytest.raises(
        UserError,
        match=r'10 images \(5 on each of 2 processes\), but the data set has 8: set '
        r'train_dataloader.batch_size to 4 at most',
    ):
        check_batch_size(loader(8, 5, drop_last), world_size=2)


def test_queue_must_hold_a_step_of_all_processes():
    model = Model(image_queue=FeatureQueue(2, length=8))
    check_queues(model, loader(batch_size=4), world_size=2)

    with pytest.raises(UserError, match=r' 8 keys.* 12\b.*queue_len'):
        check_queues(model, loader(batch_size=4), world_size=3)


def test_queue_of_moco_must_be_a_multiple_of_a_step():
    model = Model(queue_len=32)
    check_queues(model, loader(batch_size=4), world_size=2)

    with pytest.raises(UserError, match=r'Model.* 32 keys.*multiple'):
        check_queues(model, loader(batch_size=4), world_size=3)


def test_moco_needs_full_batches():
    model = Model(queue_len=32)
    check_queues(model, loader(8, batch_size=4, drop_last=False), world_size=1)

    with pytest.raises(UserError, match='drop_last=True'):
        check_queues(model, loader(9, batch_size=4, drop_last=False), world_size=1)


def test_geometry_needs_boxes():
    union = UnionMatcher([Set2SetMatcher(), GeometricMatcher()])
    check_boxes(Model(matcher=union), loader(with_boxes=True))
    check_boxes(Model(matcher=Set2SetMatcher()), loader(with_boxes=False))

    with pytest.raises(UserError, match=r'geometry.*view_boxes'):
        check_boxes(Model(matcher=union), loader(with_boxes=False))


def model_of(channels=2, queue=4):
    return Model(
        backbone=nn.Sequential(nn.Conv2d(3, channels, 1), nn.BatchNorm2d(channels)),
        neck=nn.Linear(channels, 2),
        image_queue=FeatureQueue(2, queue),
    )


def test_weights_of_the_same_model_fit():
    weights = model_of().state_dict()

    check_weights(model_of(), weights)
    check_weights(model_of(), weights, everything=True)


def test_only_the_backbone_must_fit_unless_the_run_is_resumed():
    weights = model_of(queue=6).state_dict()
    del weights['neck.weight']

    check_weights(model_of(), weights)
    with pytest.raises(UserError) as caught:
        check_weights(model_of(), weights, everything=True)
    for fact in ('2 weights', 'neck.weight', 'image_queue.features', '2x6', '2x4',
                 'load_from'):  # fmt: skip
        assert fact in str(caught.value)


def test_backbone_of_another_architecture():
    other = Model(backbone=nn.Sequential(nn.Conv2d(3, 5, 1), nn.Conv2d(5, 5, 1)))

    with pytest.raises(UserError) as caught:
        check_weights(model_of(), other.state_dict())

    for fact in ('backbone.0.weight', '5x3x1x1', '2x3x1x1', 'set model.backbone'):
        assert fact in str(caught.value)


def test_error_for_weights_of_a_backbone_names_init_cfg():
    with pytest.raises(UserError, match=r"model\.backbone\.init_cfg=dict\(type='Pretr"):
        check_weights(model_of(), model_of().backbone.state_dict())


def test_missing_num_batches_tracked_is_allowed():
    weights = model_of().state_dict()
    del weights['backbone.1.num_batches_tracked']

    check_weights(model_of(), weights, everything=True)


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_loaded_checkpoint_is_checked(prefix):
    runner = SimpleNamespace(model=model_of(), cfg=Config(dict(resume=True)))
    weights = {prefix + k: v for k, v in model_of(queue=6).state_dict().items()}

    with pytest.raises(UserError, match=r'image_queue\.features.*2x6.*2x4'):
        PreTrainingCheckHook().after_load_checkpoint(runner, dict(state_dict=weights))


def grouped_model(size, norm=nn.BatchNorm2d):
    model = Model(backbone=norm(3))
    group_batch_norm(size, model)
    model.bn_group_size = size
    return model


@pytest.mark.parametrize(
    ('size', 'batch', 'advised'), [(32, 48, '24'), (3, 8, '2'), (32, 37, 'None')]
)
def test_group_size_that_does_not_divide_the_batch_raises_an_error(
    size, batch, advised
):
    with pytest.raises(UserError) as caught:
        check_bn_groups(grouped_model(size), loader(64, batch))

    for fact in (
        f'bn_group_size={size} ',
        f'batch_size={batch}',
        f'set it to {advised}',
    ):
        assert fact in str(caught.value)


@pytest.mark.parametrize(('size', 'batch'), [(32, 64), (32, 31), (None, 37), (8, 8)])
def test_valid_group_sizes(size, batch):
    check_bn_groups(grouped_model(size), loader(64, batch))


def test_groups_beside_sync_bn_raise_an_error():
    """A size in the config, or other grouped layers."""
    mixed = grouped_model(4)
    mixed.neck = nn.SyncBatchNorm(3)
    for model, configured in ((grouped_model(4, nn.SyncBatchNorm), 4), (mixed, None)):
        with pytest.raises(UserError) as caught:
            check_bn_groups(model, loader(64, 8), configured)
        for fact in ('SyncBN', 'bn_group_size=4', "type='BN'"):
            assert fact in str(caught.value)


def test_sync_bn_alone_is_allowed():
    for size in (None, 32):
        check_bn_groups(grouped_model(size, nn.SyncBatchNorm), loader(64, 37))
