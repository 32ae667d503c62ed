"""Every fine-tuning config measures the checkpoint, whole and trained, and no other."""

import pytest
from mmengine.model import convert_sync_batchnorm
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.weights import transferred_weights
from tests.test_transfer.protocol_checks import transfer_faults

from .benchmark_configs import C4, CONFIGS, FPN, KEYPOINTS, built
from .test_transfer.checkpoints import backbone_of, resnet_weights, write


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """MoCo's names: the key encoder has other weights, both have a head."""
    path = tmp_path_factory.mktemp('checkpoint') / 'moco.pth.tar'
    weights = {
        f'module.encoder_{side}.{name}': value + (side == 'k')
        for side in 'qk'
        for name, value in resnet_weights().items()
    }
    return write(path, weights)


def test_all_ten_are_here():
    assert len(CONFIGS) == 10


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_nothing_is_wrong(path, checkpoint, tmp_path):
    cfg = load_finetuning_config(str(path))
    weights = transferred_weights(cfg, checkpoint)

    assert weights.keys() == backbone_of(resnet_weights()).keys()
    model = built(cfg, write(tmp_path / 'backbone.pth', weights))
    assert transfer_faults(model, backbone_of(resnet_weights()), cfg) == []

    # What mmengine does where several GPUs train.
    model = convert_sync_batchnorm(model, cfg.sync_bn)
    norms = [part for part in model.modules() if isinstance(part, _BatchNorm)]
    assert all(isinstance(norm, nn.SyncBatchNorm) for norm in norms)
    assert transfer_faults(model, backbone_of(resnet_weights()), cfg) == []


PROTOCOLS = {
    # design: iterations, images a step, learning rate, where it drops, warm-up
    'faster-rcnn_r50-c4_24k_voc0712': (24000, 16, 0.02, [18000, 22000], 100),
    'mask-rcnn_r50-fpn_1x_coco': (90000, 16, 0.02, [60000, 80000], 1000),
    'mask-rcnn_r50-fpn_2x_coco': (180000, 16, 0.02, [120000, 160000], 1000),
    'keypoint-rcnn_r50-fpn_1x_coco': (90000, 16, 0.02, [60000, 80000], 1000),
    'keypoint-rcnn_r50-fpn_2x_coco': (180000, 16, 0.02, [120000, 160000], 1000),
    'mask-rcnn_r50-c4_1x_coco': (90000, 16, 0.02, [60000, 80000], 1000),
    'mask-rcnn_r50-fpn_24k_cityscapes': (24000, 8, 0.01, [18000], 1000),
    'fcn_r50-d8_20k_voc12aug-512x512': (20000, 16, 0.01, None, None),
    'fcn_r50-d8_40k_cityscapes-769x769': (40000, 8, 0.01, None, None),
    'fcn_r50-d8_80k_ade20k-512x512': (80000, 16, 0.01, None, None),
}


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_schedules_are_the_protocols(path):
    cfg = load_finetuning_config(str(path))
    iterations, batch, rate, steps, warm_up = PROTOCOLS[path.stem]
    gpus = 8 if cfg.default_scope == 'mmdet' else 4

    assert cfg.train_cfg.max_iters == iterations
    assert cfg.train_dataloader.batch_size * gpus == batch
    assert cfg.auto_scale_lr.base_batch_size == batch
    assert cfg.optim_wrapper.optimizer.lr == rate
    *before, last = cfg.param_scheduler
    assert last.end == iterations
    assert last.get('milestones') == steps
    assert [scheduler.end for scheduler in before] == ([warm_up] if warm_up else [])
    assert cfg.train_dataloader.sampler.type == 'InfiniteSampler'


def test_sizes_are_the_protocols():
    sides = {
        C4: range(480, 801, 32),
        FPN: range(640, 801, 32),
        KEYPOINTS: range(640, 801, 32),
        CONFIGS[0]: range(800, 1025, 32),
    }
    for path, expected in sides.items():
        dataset = load_finetuning_config(str(path)).train_dataloader.dataset
        while 'pipeline' not in dataset:
            dataset = dataset.get('dataset') or dataset.datasets[-1]
        resize = next(step for step in dataset.pipeline if 'Resize' in step.type)
        assert resize.type == 'RandomChoiceResize'
        assert [min(scale) for scale in resize.scales] == list(expected)
