"""Detection configs against the literal values of detectron2 and of the YAML files.

Sources, by file and key:

- d2: facebookresearch/detectron2 (02b5c4e), ``detectron2/config/defaults.py``; with a
  file name, that file in ``configs/``;
- C4-BN: ``Base-RCNN-C4-BN.yaml``, and VOC24k: ``pascal_voc_R_50_C4_24k.yaml``, in
  ``detection/configs`` of DerrickWang005/SetSim.pytorch (6a439e2, the paper's authors)
  and of facebookresearch/moco (3402035);
- FPN-1x: ``coco_R_50_FPN_1x.yaml`` of the paper's authors; DenseCL's
  ``R_50_FPN_1x.yaml`` (b64bbb6) and PixPro's ``COCO_R_50_FPN_1x.yaml`` (e390d6b) agree.

What mmdet cannot express, or only with code of its own, stays different:

- an anchor that is positive as an object's best one learns the box of that object;
  in detectron2, that of the object which it overlaps most (``Matcher``);
- anchors over the padding of a smaller image are left out; in detectron2 they are
  negatives;
- the layer behind the mask's deconvolution starts from Kaiming's numbers, in detectron2
  from N(0, 0.001); the box head's layer from Xavier's, in detectron2 from Caffe2's;
- warm-up ends one iteration earlier (mmengine's ``LinearLR``);
- VOC's boxes are a pixel smaller (docs/benchmarks.md).
"""

from functools import cache
from typing import Any

import pytest
import torch
from mmdet.models.losses import L1Loss
from mmdet.registry import TASK_UTILS
from mmengine.config import Config
from mmengine.model import convert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from mmengine.registry import HOOKS, MODELS, PARAM_SCHEDULERS, DefaultScope
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import SGD

from setsim_mm.transfer.finetuning import load_finetuning_config
from tests.test_benchmark_configs import CONFIGS, FOLDER

DETECTION = [path for path in CONFIGS if 'mmdetection' in path.parts]
OWN = sorted((FOLDER / 'own_data').glob('*rcnn*.py'))
ALL = {path.stem: path for path in [*DETECTION, *OWN]}

EVERYWHERE = {
    'anchor ratios': [0.5, 1.0, 2.0],  # d2 MODEL.ANCHOR_GENERATOR.ASPECT_RATIOS
    'anchor offset': 0.0,  # d2 MODEL.ANCHOR_GENERATOR.OFFSET
    'RPN thresholds': (0.3, 0.7),  # d2 MODEL.RPN.IOU_THRESHOLDS
    # d2 modeling/proposal_generator/rpn.py, Matcher(allow_low_quality_matches=True)
    'RPN takes best anchors': (True, 'of any overlap'),
    'RPN border': -1,  # d2 MODEL.RPN.BOUNDARY_THRESH
    'RPN batch': (256, 0.5),  # d2 MODEL.RPN.BATCH_SIZE_PER_IMAGE, POSITIVE_FRACTION
    'RPN NMS': (0.7, 0.7),  # d2 MODEL.RPN.NMS_THRESH, in training and in testing
    'RPN smallest': (0, 0),  # d2 MODEL.PROPOSAL_GENERATOR.MIN_SIZE
    # d2 MODEL.RPN.BBOX_REG_LOSS_TYPE smooth_l1, SMOOTH_L1_BETA 0.0, ..._LOSS_WEIGHT
    'RPN box loss': ('L1', 1.0),
    'RPN box weights': [1.0, 1.0, 1.0, 1.0],  # d2 MODEL.RPN.BBOX_REG_WEIGHTS
    'RPN class loss': ('sigmoid', 1.0),  # d2 MODEL.RPN.LOSS_WEIGHT
    'RoI thresholds': (0.5, 0.5),  # d2 MODEL.ROI_HEADS.IOU_THRESHOLDS, IOU_LABELS
    # d2 modeling/roi_heads/roi_heads.py, Matcher(allow_low_quality_matches=False)
    'RoI takes best regions': False,
    # d2 MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE, POSITIVE_FRACTION, PROPOSAL_APPEND_GT
    'RoI batch': (512, 0.25, True),
    # d2 MODEL.ROI_BOX_HEAD.BBOX_REG_LOSS_TYPE, SMOOTH_L1_BETA 0.0, ..._LOSS_WEIGHT
    'box loss': ('L1', 1.0),
    'box weights': [10.0, 10.0, 5.0, 5.0],  # d2 MODEL.ROI_BOX_HEAD.BBOX_REG_WEIGHTS
    'box for each class': True,  # d2 MODEL.ROI_BOX_HEAD.CLS_AGNOSTIC_BBOX_REG False
    # d2 MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO, POOLER_TYPE ROIAlignV2
    'RoIAlign': ('RoIAlign', 0, True),
    'score threshold': 0.05,  # d2 MODEL.ROI_HEADS.SCORE_THRESH_TEST
    'box NMS': 0.5,  # d2 MODEL.ROI_HEADS.NMS_THRESH_TEST
    'detections': 100,  # d2 TEST.DETECTIONS_PER_IMAGE
    'momentum': (0.9, False),  # d2 SOLVER.MOMENTUM, NESTEROV
    'drop': 0.1,  # d2 SOLVER.GAMMA
    'decay': 1e-4,  # d2 SOLVER.WEIGHT_DECAY; of biases, too (WEIGHT_DECAY_BIAS None)
    'decay of norms': 0.0,  # d2 SOLVER.WEIGHT_DECAY_NORM
    'clipping': None,  # d2 SOLVER.CLIP_GRADIENTS.ENABLED False
    'PreciseBN': 200,  # C4-BN, FPN-1x TEST.PRECISE_BN.ENABLED; d2 ...NUM_ITER
    'flip': 0.5,  # d2 INPUT.RANDOM_FLIP horizontal
    'images by shape': 'AspectRatioBatchSampler',  # d2 DATALOADER.ASPECT_RATIO_GROUPING
    'decoder': ('pillow', 'pillow'),  # d2 data/detection_utils.py read_image
}
C4 = {
    'anchor sizes': [[32, 64, 128, 256, 512]],  # d2 MODEL.ANCHOR_GENERATOR.SIZES
    'anchor strides': [16],  # d2 MODEL.RPN.IN_FEATURES res4
    # d2 MODEL.RPN.PRE_NMS_TOPK_TRAIN, POST_NMS_TOPK_TRAIN
    'proposals in training': (12000, 2000),
    'proposals in testing': (6000, 1000),  # C4-BN MODEL.RPN.PRE_, POST_NMS_TOPK_TEST
    'RoI size': 14,  # d2 MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION
    'padding': 1,  # d2 modeling/backbone/backbone.py size_divisibility 0
    'extra norm': True,  # C4-BN MODEL.ROI_HEADS.NAME Res5ROIHeadsExtraNorm
}
FPN = {
    'anchor sizes': [[32], [64], [128], [256], [512]],  # d2 Base-RCNN-FPN ...SIZES
    'anchor strides': [4, 8, 16, 32, 64],  # d2 Base-RCNN-FPN MODEL.RPN.IN_FEATURES
    # d2 Base-RCNN-FPN MODEL.RPN.PRE_NMS_TOPK_TRAIN (a level), POST_NMS_TOPK_TRAIN
    'proposals in training': (2000, 1000),
    'proposals in testing': (1000, 1000),  # d2 Base-RCNN-FPN ...PRE_, POST_..._TEST
    'RoI size': 7,  # d2 Base-RCNN-FPN MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION
    'padding': 32,  # d2 modeling/backbone/fpn.py size_divisibility
    'extra norm': False,
    'RoI levels': [4, 8, 16, 32],  # d2 Base-RCNN-FPN MODEL.ROI_HEADS.IN_FEATURES
    'finest scale': 56,  # d2 modeling/poolers.py canonical_box_size 224, level 4
    'mask RoI size': 14,  # d2 Base-RCNN-FPN MODEL.ROI_MASK_HEAD.POOLER_RESOLUTION
    # FPN-1x MODEL.ROI_BOX_HEAD.NUM_CONV, NUM_FC; d2 ...CONV_DIM, FC_DIM
    'box head': ([256] * 4, [1024]),
    # d2 Base-RCNN-FPN MODEL.ROI_MASK_HEAD.NUM_CONV; d2 ...CONV_DIM
    'mask head': [256] * 4,
    # FPN-1x MODEL.FPN.NORM, ROI_BOX_HEAD.NORM, ROI_MASK_HEAD.NORM: SyncBN
    'norms': dict(neck=8, bbox_head=4, mask_head=4),
}
COCO = {
    'classes': 80,  # d2 MODEL.ROI_HEADS.NUM_CLASSES
    'sides': list(range(640, 801, 32)),  # d2 Base-RCNN-FPN INPUT.MIN_SIZE_TRAIN
    'longest side': 1333,  # d2 INPUT.MAX_SIZE_TRAIN
    'test': (1333, 800),  # d2 INPUT.MAX_SIZE_TEST, MIN_SIZE_TEST
    'batch': 16,  # d2 Base-RCNN-FPN SOLVER.IMS_PER_BATCH, on 8 GPUs
    'rate': 0.02,  # d2 Base-RCNN-FPN SOLVER.BASE_LR
    'iterations': 90000,  # FPN-1x SOLVER.MAX_ITER
    'steps': [60000, 80000],  # FPN-1x SOLVER.STEPS
    'warm-up': (1000, 0.001),  # d2 SOLVER.WARMUP_ITERS, WARMUP_FACTOR
}
VOC = COCO | {
    'classes': 20,  # VOC24k MODEL.ROI_HEADS.NUM_CLASSES
    'sides': list(range(480, 801, 32)),  # VOC24k INPUT.MIN_SIZE_TRAIN
    'iterations': 24000,  # VOC24k SOLVER.MAX_ITER
    'steps': [18000, 22000],  # VOC24k SOLVER.STEPS
    'warm-up': (100, 0.001),  # VOC24k SOLVER.WARMUP_ITERS; d2 SOLVER.WARMUP_FACTOR
}
# d2 Cityscapes/mask_rcnn_R_50_FPN.yaml, under the same keys
CITYSCAPES = COCO | {
    'classes': 8,
    'sides': list(range(800, 1025, 32)),
    'longest side': 2048,
    'test': (2048, 1024),
    'batch': 8,
    'rate': 0.01,
    'iterations': 24000,
    'steps': [18000],
}
# SOLVER.MAX_ITER and STEPS of the authors' coco_R_50_FPN_2x.yaml
TWICE = {'iterations': 180000, 'steps': [120000, 160000]}
PROTOCOLS = {
    'faster-rcnn_r50-c4_24k_voc0712': EVERYWHERE | C4 | VOC,
    # d2 MODEL.ROI_MASK_HEAD.NUM_CONV 0: the masks come from res5
    'mask-rcnn_r50-c4_1x_coco': EVERYWHERE | C4 | COCO | {'mask head': []},
    'mask-rcnn_r50-fpn_1x_coco': EVERYWHERE | FPN | COCO,
    'mask-rcnn_r50-fpn_2x_coco': EVERYWHERE | FPN | COCO | TWICE,
    'mask-rcnn_r50-fpn_24k_cityscapes': EVERYWHERE | FPN | CITYSCAPES,
    'faster-rcnn_r50-c4_raccoon': EVERYWHERE | C4 | VOC | {'classes': 1},
    'mask-rcnn_r50-fpn_coco128': EVERYWHERE | FPN | COCO,
}


@cache
def built(name: str) -> tuple[Config, nn.Module]:
    """A config and its model, as on several GPUs and without memory for weights."""
    cfg = load_finetuning_config(str(ALL[name]))
    with DefaultScope.overwrite_default_scope('mmdet'), torch.device('meta'):
        return cfg, convert_sync_batchnorm(MODELS.build(cfg.model), cfg.sync_bn)


def loss(module: nn.Module) -> tuple[str, float]:
    kind = 'L1' if isinstance(module, L1Loss) else type(module).__name__
    return kind, module.loss_weight


def norms(module: nn.Module) -> int:
    return sum(isinstance(part, _BatchNorm) for part in module.modules())


def values_of_rpn(cfg: Config, rpn: nn.Module) -> dict[str, Any]:
    with DefaultScope.overwrite_default_scope('mmdet'):
        anchors = TASK_UTILS.build(cfg.model.rpn_head.anchor_generator)
    train = rpn.train_cfg
    assigner, sampler = rpn.assigner, rpn.sampler
    low = assigner.min_pos_iou < 1e-3
    sizes = [
        sorted({round(float(s)) for s in ((b[:, 2:] - b[:, :2]).prod(1) ** 0.5)})
        for b in anchors.base_anchors
    ]
    return {
        'anchor sizes': sizes,
        'anchor strides': [stride[0] for stride in anchors.strides],
        'anchor ratios': anchors.ratios.tolist(),
        'anchor offset': anchors.center_offset,
        'RPN thresholds': (assigner.neg_iou_thr, assigner.pos_iou_thr),
        'RPN takes best anchors': (
            assigner.match_low_quality and assigner.gt_max_assign_all,
            'of any overlap' if low else assigner.min_pos_iou,
        ),
        'RPN border': train.allowed_border,
        'RPN batch': (sampler.num, sampler.pos_fraction),
        'RPN box loss': loss(rpn.loss_bbox),
        'RPN box weights': [1 / std for std in rpn.bbox_coder.stds],
        'RPN class loss': (
            'sigmoid' if rpn.loss_cls.use_sigmoid else 'softmax',
            rpn.loss_cls.loss_weight,
        ),
    }


def values_of_regions(model: nn.Module) -> dict[str, Any]:
    head, test = model.roi_head, model.roi_head.test_cfg
    assigner, sampler, box = head.bbox_assigner, head.bbox_sampler, head.bbox_head
    pools = [head.bbox_roi_extractor]
    values = {
        'RoI thresholds': (assigner.neg_iou_thr, assigner.pos_iou_thr),
        'RoI takes best regions': assigner.match_low_quality,
        'RoI batch': (sampler.num, sampler.pos_fraction, sampler.add_gt_as_proposals),
        'box loss': loss(box.loss_bbox),
        'box weights': [1 / std for std in box.bbox_coder.stds],
        'box for each class': not box.reg_class_agnostic,
        'classes': box.num_classes,
        'score threshold': test.score_thr,
        'box NMS': test.nms.iou_threshold,
        'detections': test.max_per_img,
        'RoI size': pools[0].roi_layers[0].output_size[0],
        'extra norm': hasattr(getattr(head, 'shared_head', None), 'norm'),
    }
    if hasattr(box, 'shared_convs'):
        pools.append(head.mask_roi_extractor)
        values |= {
            'RoI levels': pools[0].featmap_strides,
            'finest scale': pools[0].finest_scale,
            'mask RoI size': pools[1].roi_layers[0].output_size[0],
            'box head': (
                [conv.conv.out_channels for conv in box.shared_convs],
                [layer.out_features for layer in box.shared_fcs],
            ),
            'norms': dict(
                neck=norms(model.neck),
                bbox_head=norms(box),
                mask_head=norms(head.mask_head),
            ),
        }
    if head.with_mask:
        masks = head.mask_head
        values['mask head'] = [conv.conv.out_channels for conv in masks.convs]
        assert (masks.num_classes, masks.conv_out_channels) == (box.num_classes, 256)
    aligns = {
        (type(align).__name__, align.sampling_ratio, align.aligned)
        for pool in pools
        for align in pool.roi_layers
    }
    (values['RoIAlign'],) = aligns
    return values


def values_of_testing(model: nn.Module) -> dict[str, Any]:
    train, test = model.train_cfg.rpn_proposal, model.test_cfg.rpn
    return {
        'proposals in training': (train.nms_pre, train.max_per_img),
        'proposals in testing': (test.nms_pre, test.max_per_img),
        'RPN NMS': (train.nms.iou_threshold, test.nms.iou_threshold),
        'RPN smallest': (train.min_bbox_size, test.min_bbox_size),
        'padding': model.data_preprocessor.pad_size_divisor,
    }


def values_of_data(cfg: Config) -> dict[str, Any]:
    train, test = cfg.train_dataloader.dataset, cfg.test_dataloader.dataset
    while 'pipeline' not in train:
        train = train.get('dataset') or train.datasets[-1]
    steps = {step.type: step for step in train.pipeline}
    resize, (load, scale) = steps['RandomChoiceResize'], test.pipeline[:2]
    assert load.imdecode_backend == scale.backend == 'pillow'
    (longest,) = {max(size) for size in resize.scales}
    assert resize.keep_ratio and scale.keep_ratio
    return {
        'sides': [min(size) for size in resize.scales],
        'longest side': longest,
        'test': tuple(scale.scale),
        'flip': steps['RandomFlip'].prob,
        'decoder': (steps['LoadImageFromFile'].imdecode_backend, resize.backend),
        'images by shape': cfg.train_dataloader.batch_sampler.type,
        'batch': 8 * cfg.train_dataloader.batch_size,
    }


def values_of_training(cfg: Config, model: nn.Module) -> dict[str, Any]:
    with DefaultScope.overwrite_default_scope('mmdet'):
        wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
        (hook,) = (HOOKS.build(hook) for hook in cfg.custom_hooks)
    groups = wrapper.optimizer.param_groups
    decay = {id(p): group['weight_decay'] for group in groups for p in group['params']}
    assert decay.keys() == {id(parameter) for parameter in model.parameters()}
    of_norms = {
        id(parameter)
        for module in model.modules()
        if isinstance(module, _BatchNorm)
        for parameter in module.parameters()
    }
    (rate,) = {group['lr'] for group in groups}
    (momentum,) = {(group['momentum'], group['nesterov']) for group in groups}
    (weights,) = {value for of, value in decay.items() if of not in of_norms}
    (norm,) = {decay[of] for of in of_norms}
    return {
        'rate': rate,
        'momentum': momentum,
        'decay': weights,
        'decay of norms': norm,
        'clipping': wrapper.clip_grad_kwargs or None,
        'PreciseBN': hook.num_batches,
        'iterations': cfg.train_cfg.max_iters,
        'steps': list(cfg.param_scheduler[1].milestones),
        'drop': cfg.param_scheduler[1].gamma,
        'warm-up': (cfg.param_scheduler[0].end, cfg.param_scheduler[0].start_factor),
    }


@pytest.mark.parametrize('name', ALL)
def test_every_value_is_that_of_its_source(name):
    cfg, model = built(name)

    assert PROTOCOLS[name] == {
        **values_of_rpn(cfg, model.rpn_head),
        **values_of_regions(model),
        **values_of_testing(model),
        **values_of_data(cfg),
        **values_of_training(cfg, model),
    }


@pytest.mark.parametrize('name', ALL)
def test_learning_rate_warms_up_as_in_detectron2(name):
    """d2 solver/lr_scheduler.py: linear from the factor to 1."""
    cfg, protocol = built(name)[0], PROTOCOLS[name]
    optimizer = SGD([nn.Parameter(nn.Linear(1, 1).weight)], lr=protocol['rate'])
    with DefaultScope.overwrite_default_scope('mmdet'):
        schedules = [
            PARAM_SCHEDULERS.build(dict(schedule, optimizer=optimizer))
            for schedule in cfg.param_scheduler
        ]
    length, factor = protocol['warm-up']
    for step in range(length + 1):
        expected = factor + (1 - factor) * min(1.0, step / length)
        rate = optimizer.param_groups[0]['lr'] / protocol['rate']
        assert rate == pytest.approx(expected, abs=1 / length if step else 1e-9)
        optimizer.step()
        for schedule in schedules:
            schedule.step()


def initialised(part: dict) -> nn.Module:
    """A part of a detector as the checkpoint ``random`` leaves it."""
    with DefaultScope.overwrite_default_scope('mmdet'):
        module = MODELS.build(dict(part, init_cfg=None))
    module.init_weights()
    return module


@pytest.mark.parametrize('depth', [18, 50])
def test_random_backbone_is_detectron2s(depth):
    """d2 modeling/backbone/resnet.py: c2_msra_fill, and no BatchNorm starts from 0.

    The former is Kaiming's normal distribution over the outgoing connections.
    """
    model = built('faster-rcnn_r50-c4_24k_voc0712')[0].model
    for part in (model.backbone, model.roi_head.shared_head):
        for module in initialised(dict(part, depth=depth)).modules():
            if isinstance(module, _BatchNorm):
                assert (module.weight == 1).all() and (module.bias == 0).all()
            elif isinstance(module, nn.Conv2d):
                fan_out = module.out_channels * module.kernel_size[0] ** 2
                std = module.weight.std().item()
                assert std == pytest.approx((2 / fan_out) ** 0.5, rel=0.1)


def test_new_fpn_is_detectron2s():
    """d2 modeling/backbone/fpn.py: c2_xavier_fill.

    That is a uniform distribution over the incoming connections.
    """
    neck = built('mask-rcnn_r50-fpn_1x_coco')[0].model.neck
    with DefaultScope.overwrite_default_scope('mmdet'):
        module = MODELS.build(neck)
    module.init_weights()
    convolutions = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    assert len(convolutions) == 8
    for part in convolutions:
        bound = (3 / (part.in_channels * part.kernel_size[0] ** 2)) ** 0.5
        assert 0.99 * bound < part.weight.abs().max().item() <= bound
