"""Detection configs, as built, against the literal values of their sources."""

from functools import cache
from typing import Any

import pytest
import torch
from mmdet.registry import TASK_UTILS
from mmengine.config import Config
from mmengine.model import convert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from mmengine.registry import HOOKS, MODELS, PARAM_SCHEDULERS, DefaultScope
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import SGD

from setsim_mm.transfer.finetuning import load_finetuning_config
from tests.benchmark_configs import CONFIGS, FOLDER

from .detection_protocol import PROTOCOLS

DETECTION = [path for path in CONFIGS if 'mmdetection' in path.parts]
OWN = sorted((FOLDER / 'own_data').glob('*rcnn*.py'))
ALL = {path.stem: path for path in [*DETECTION, *OWN]}


@cache
def built(name: str) -> tuple[Config, nn.Module]:
    """Return a config and its model with SyncBN, on the meta device."""
    cfg = load_finetuning_config(str(ALL[name]))
    with DefaultScope.overwrite_default_scope('mmdet'), torch.device('meta'):
        return cfg, convert_sync_batchnorm(MODELS.build(cfg.model), cfg.sync_bn)


def loss(module: nn.Module) -> tuple[str, float]:
    kind = type(module).__name__.removesuffix('Loss')
    if hasattr(module, 'beta'):
        kind += f' with beta {module.beta}'
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
        kind = 'mask' if head.with_mask else 'keypoint'
        branch = getattr(head, f'{kind}_head')
        pools.append(getattr(head, f'{kind}_roi_extractor'))
        (values['RoI levels'],) = {tuple(pool.featmap_strides) for pool in pools}
        (values['finest scale'],) = {pool.finest_scale for pool in pools}
        values |= {
            'RoI levels': list(values['RoI levels']),
            f'{kind} RoI size': pools[1].roi_layers[0].output_size[0],
            'box head': (
                [conv.conv.out_channels for conv in box.shared_convs],
                [layer.out_features for layer in box.shared_fcs],
            ),
            'norms': dict(
                neck=norms(model.neck),
                bbox_head=norms(box),
                **{f'{kind}_head': norms(branch)},
            ),
        }
        if kind == 'keypoint':
            values |= values_of_keypoints(branch)
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


def values_of_keypoints(head: nn.Module) -> dict[str, Any]:
    channels = [conv.conv.out_channels for conv in head.convs]
    regions = torch.zeros(1, 256, 14, 14, device='meta')
    return {
        'keypoint head': (channels, head.num_keypoints),
        'heat map': head(regions).shape[-1],
        'keypoint loss': head.loss_weight,
    }


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
    least = train.get('filter_cfg', {}).get('min_keypoints')
    return {
        **({'labelled key points of an image': least} if least else {}),
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
