"""Every fine-tuning config measures the checkpoint, whole and trained, and no other."""

from copy import deepcopy
from pathlib import Path

import mmselfsup
import pytest
import torch
from mmengine.config import Config
from mmengine.model import convert_sync_batchnorm
from mmengine.registry import MODELS as ALL_MODELS
from mmengine.registry import DefaultScope
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.weights import transferred_configs, transferred_weights
from tests.test_transfer.protocol_checks import transfer_faults

from .test_transfer.checkpoints import backbone_of, resnet_weights, write

FOLDER = Path(__file__).parents[1] / 'configs' / 'benchmarks'
CONFIGS = sorted(
    path for path in FOLDER.glob('mm*/*/*.py') if path.parts[-2] != '_base_'
)
FCN = FOLDER / 'mmsegmentation/voc12aug/fcn_r50-d8_20k_voc12aug-512x512.py'
FPN = FOLDER / 'mmdetection/coco/mask-rcnn_r50-fpn_1x_coco.py'
KEYPOINTS = FOLDER / 'mmdetection/coco/keypoint-rcnn_r50-fpn_1x_coco.py'
C4 = FOLDER / 'mmdetection/voc0712/faster-rcnn_r50-c4_24k_voc0712.py'
MMSELFSUP = Path(mmselfsup.__file__).parent / '.mim' / 'configs' / 'benchmarks'


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


def built(cfg: Config, weights: Path) -> nn.Module:
    """The model as a run starts with it."""
    for part in transferred_configs(cfg).values():
        part.init_cfg = dict(type='Pretrained', checkpoint=str(weights))
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = ALL_MODELS.build(deepcopy(cfg.model))
        model.init_weights()
    return model


def faults_of(cfg: Config, weights: Path) -> list[str]:
    ours = backbone_of(resnet_weights())
    return transfer_faults(built(cfg, weights), ours, cfg)


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


# What breaks one thing each, and what must be said of it.
BREAKAGES = {
    'norm_eval': (
        FCN, {'model.backbone.norm_eval': True},
        'backbone.bn1 stays in evaluation mode',
    ),
    'frozen stage': (
        FCN, {'model.backbone.frozen_stages': 1}, 'backbone.conv1.weight is frozen',
    ),
    'BGR mean': (
        FCN, {'model.data_preprocessor.mean': [103.53, 116.28, 123.675]},
        'images have the mean (103.53, 116.28, 123.675) and not '
        '(123.675, 116.28, 103.53)',
    ),
    'BGR': (
        FCN, {'model.data_preprocessor.bgr_to_rgb': False},
        'images are BGR and not RGB',
    ),
    'load_from': (
        FCN, {'load_from': 'https://coco.pth'},
        'load_from overwrites the backbone with https://coco.pth',
    ),
    'no SyncBN': (FCN, {'sync_bn': None}, 'backbone.bn1 is not synchronised'),
    'frozen BN of res5': (
        C4, {'model.roi_head.shared_head.norm_cfg.requires_grad': False},
        'roi_head.shared_head.layer4.0.bn1.weight is frozen',
    ),
    'norm_eval of res5': (
        C4, {'model.roi_head.shared_head.type': 'ResLayer'},
        'roi_head.shared_head.layer4.0.bn1 stays in evaluation mode',
    ),
    'no extra BN': (
        C4, {'model.roi_head.shared_head.type': 'ResLayer'},
        'there is no BatchNorm behind res5',
    ),
    'caffe': (
        C4, {'model.backbone.style': 'caffe'},
        'backbone.layer2.0 has its stride in another convolution (caffe)',
    ),
    'no BN in the FPN': (FPN, {'model.neck.norm_cfg': None}, 'neck has no BatchNorm'),
    'no BN in the key-point head': (
        KEYPOINTS, {'model.roi_head.keypoint_head.norm_cfg': None},
        'roi_head.keypoint_head has no BatchNorm',
    ),
}  # fmt: skip


@pytest.mark.parametrize('name', BREAKAGES)
def test_what_is_broken_is_named(name, extracted):
    path, options, fault = BREAKAGES[name]

    assert fault in faults_of(load_finetuning_config(str(path), options), extracted)


def test_weights_under_other_names_are_named(tmp_path):
    weights = backbone_of(resnet_weights())
    renamed = dict(weights, other=weights['layer3.2.conv2.weight'])
    del renamed['layer3.2.conv2.weight']
    model = built(
        load_finetuning_config(str(FCN)), write(tmp_path / 'renamed.pth', renamed)
    )

    faults = transfer_faults(model, renamed, load_finetuning_config(str(FCN)))
    assert faults == [
        'layer3.2.conv2.weight of the backbone is not in the checkpoint',
        'other of the checkpoint is not used',
    ]
    # Against the checkpoint that was meant, the one layer was left at random.
    faults = transfer_faults(model, weights, load_finetuning_config(str(FCN)))
    assert faults == ["layer3.2.conv2.weight of the backbone is not the checkpoint's"]


def test_res5_that_is_not_loaded_is_named(extracted):
    cfg = load_finetuning_config(str(C4))
    model = built(cfg, extracted)
    nn.init.zeros_(model.roi_head.shared_head.layer4[2].conv3.weight)

    faults = transfer_faults(model, backbone_of(resnet_weights()), cfg)

    assert faults == ["layer4.2.conv3.weight of the backbone is not the checkpoint's"]


NO_VOC07 = 'the evaluation gives no 11-point AP of VOC 2007 over ten IoUs'
TEN_IOUS = [0.05 * step for step in range(10, 20)]


def test_an_evaluation_of_voc_has_the_papers_ap(extracted):
    cfg = load_finetuning_config(str(C4))
    model, weights = built(cfg, extracted), backbone_of(resnet_weights())
    coco_style = dict(type='VOCBoxMetric')
    for evaluators, expected in (
        (dict(type='VOC07Metric'), []),
        ([coco_style, dict(type='VOC07Metric')], []),
        (dict(type='VOCMetric', iou_thrs=TEN_IOUS), []),
        ([coco_style], [NO_VOC07]),
        ([coco_style, dict(type='VOCMetric')], [NO_VOC07]),  # AP50 alone
        (dict(type='VOCMetric', iou_thrs=TEN_IOUS, eval_mode='area'), [NO_VOC07]),
        (dict(type='CocoMetric'), []),
    ):
        cfg.val_evaluator = evaluators
        assert transfer_faults(model, weights, cfg) == expected


def test_mmselfsup_leaves_the_stem_of_its_fcn_untrained(extracted):
    """Trap 11: another ResNet, and weights of its own that come on top."""
    cfg = Config.fromfile(
        MMSELFSUP / 'mmsegmentation/voc12aug/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py'
    )
    as_it_is = cfg.model.pretrained
    cfg.model.pretrained = None  # otherwise it cannot even be built with a checkpoint
    model = built(cfg, extracted)
    cfg.model.pretrained = as_it_is

    faults = transfer_faults(model, backbone_of(resnet_weights()), cfg)

    overwriting = f'model.pretrained overwrites the backbone with {as_it_is}'
    assert overwriting in faults
    assert 'stem.0.weight of the backbone is not in the checkpoint' in faults
    assert 'conv1.weight of the checkpoint is not used' in faults


def test_mmselfsup_gives_its_voc_detector_other_colours(extracted):
    """Trap 12: caffe's mean in BGR, and AP50 alone."""
    cfg = Config.fromfile(
        MMSELFSUP / 'mmdetection/voc0712/faster-rcnn_r50-c4_ms-24k_voc0712.py'
    )

    assert faults_of(cfg, extracted) == [
        'images have the mean (103.53, 116.28, 123.675) and not '
        '(123.675, 116.28, 103.53)',
        'images have the std (1, 1, 1) and not (58.395, 57.12, 57.375)',
        'images are BGR and not RGB',
        NO_VOC07,
    ]


def test_mmdet_overwrites_the_backbone_on_cityscapes(extracted):
    """Trap 13: the host's own config starts from a detector trained on COCO."""
    cfg = Config.fromfile(FOLDER / 'mmdetection/cityscapes' / CONFIGS[0].name)
    theirs = Config(dict(cfg, load_from='https://mask_rcnn_r50_fpn_1x_coco.pth'))

    assert faults_of(theirs, extracted) == [
        'load_from overwrites the backbone with https://mask_rcnn_r50_fpn_1x_coco.pth'
    ]
    assert torch.equal(
        built(cfg, extracted).backbone.conv1.weight, resnet_weights()['conv1.weight']
    )
