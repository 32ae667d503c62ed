import pytest
import torch
from mmengine.registry import DefaultScope

from setsim_mm.apis.architectures import ARCHITECTURES
from setsim_mm.apis.channels import Channels
from setsim_mm.apis.machine import Machine
from setsim_mm.apis.plan import make_plan
from setsim_mm.apis.plan_config import config_of
from setsim_mm.host import MODELS


@pytest.mark.parametrize('arch', ARCHITECTURES)
def test_settings_of_the_plan_are_in_the_config(arch):
    plan = make_plan(300, Machine(2), arch, epochs=10, from_weights=True)
    cfg = config_of(plan, '/images', '/out', {'model.symmetric': False})
    assert cfg.work_dir == '/out' and cfg.model.symmetric is False
    loader = cfg.train_dataloader
    assert loader.dataset.data_root == '/images'
    assert (loader.batch_size, loader.num_workers) == (plan.batch_size, 1)
    assert cfg.model.queue_len == plan.queue_len
    assert cfg.optim_wrapper.optimizer.lr == plan.lr
    warmup, cosine = cfg.param_scheduler
    assert warmup.end == cosine.begin == plan.warmup_epochs > 0
    assert cosine.end == cfg.train_cfg.max_epochs == 10
    assert cosine.T_max == 10 - plan.warmup_epochs
    size = loader.dataset.pipeline[1].transforms[0][0].size
    assert size == plan.view_size == (112 if 'resnet' in arch else 224)
    # The hooks of the base are kept.
    types = [hook.type for hook in cfg.custom_hooks]
    assert types.count('CorrespondencePrecisionHook') == 1
    assert 'PreTrainingCheckHook' in types


def test_small_views_have_as_many_positions():
    plan = make_plan(300, Machine(2), 'resnet18')
    cfg = config_of(plan, '/images', '/out')
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        backbone = MODELS.build(cfg.model.backbone)
    assert backbone(torch.zeros(1, 3, 112, 112))[-1].shape == (1, 512, 7, 7)


def test_bfloat16_on_a_gpu():
    machine = Machine(8, 'GPU', 80.0, 'bfloat16', 1)
    cfg = config_of(make_plan(300, machine), '/images', '/out')
    assert cfg.optim_wrapper.dtype == 'bfloat16'
    assert len(cfg.param_scheduler) == 1


@pytest.mark.parametrize(
    'arch', ['resnet18', 'convnext-tiny', 'swin-tiny', 'vit-small']
)
def test_networks_and_loaders_have_the_channels_of_the_images(arch):
    channels = Channels(5, 'uint16', [9.0] * 5, [2.0] * 5, 300, 'all images')
    plan = make_plan(300, Machine(2), arch)
    options = {'train_dataloader.dataset.pipeline.0.fill': 0}
    cfg = config_of(plan, '/images', '/out', options, channels)
    load, views, _ = cfg.train_dataloader.dataset.pipeline
    assert load == dict(type='LoadChannels', channels=5, dtype='uint16', fill=0)
    assert views.transforms[0][0].size == plan.view_size
    assert cfg.model.data_preprocessor.std == [2.0] * 5
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        backbone = MODELS.build(cfg.model.backbone)
    convolutions = [w for w in backbone.state_dict().values() if w.dim() == 4]
    assert convolutions[0].shape[1] == 5
    images = MODELS.build(cfg.model.data_preprocessor)(
        dict(inputs=[torch.full((1, 5, 224, 224), 9.0)], data_samples=[])
    )[0]
    assert torch.isfinite(backbone(images[0])[-1]).all()
