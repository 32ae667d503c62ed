"""The checks of transfer protocols find what is wrong, also in the hosts' configs."""

import pytest
import torch
from mmengine.config import Config
from torch import nn

from setsim_mm.transfer.finetuning import load_finetuning_config
from tests.benchmark_configs import (
    C4,
    CONFIGS,
    FCN,
    FOLDER,
    FPN,
    KEYPOINTS,
    MMSELFSUP,
    built,
    faults_of,
)

from .checkpoints import backbone_of, resnet_weights, write
from .protocol_checks import transfer_faults

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


OF_MMSELFSUP = pytest.mark.skipif(
    MMSELFSUP is None, reason='about the configs of MMSelfSup'
)
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


@OF_MMSELFSUP
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


@OF_MMSELFSUP
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
