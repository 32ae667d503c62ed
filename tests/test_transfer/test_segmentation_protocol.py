"""FCN configs against the literal values of DenseCL's fork of MMSegmentation.

Sources, by file and key:

- DenseCL: WXinlong/mmsegmentation (32b0aff), ``configs/densecl/fcn_r50-d8.py`` and the
  schedules and data sets in ``configs/_base_`` that its configs take;
- mmseg: ``configs`` of mmsegmentation 1.2.2, for ADE20K, of which DenseCL has none.

``zero_init_residual`` is True, mmseg's default, in both. It only affects the row
"Random init.".
"""

from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.model import convert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from setsim_mm.transfer.finetuning import load_finetuning_config
from tests.benchmark_configs import CONFIGS

SEGMENTATION = {p.stem: p for p in CONFIGS if 'mmsegmentation' in p.parts}

EVERYWHERE = {
    # DenseCL model.decode_head: channels, num_convs, concat_input, dropout_ratio,
    # in_channels, in_index, loss_decode.loss_weight
    'decode head': (512, 2, True, 0.1, 2048, 3, 1.0),
    'auxiliary head': (256, 1, False, 0.1, 1024, 2, 0.4),  # DenseCL auxiliary_head
    'strides': [1, 2, 1, 1],  # DenseCL model.backbone.strides
    # DenseCL model.backbone.dilations (1, 1, 2, 4), and contract_dilation: the first
    # block of a stage has half of it
    'dilations': [(1, 1), (1, 1), (1, 2), (2, 4)],
    'norms': 'SyncBN',  # DenseCL norm_cfg
    'rate': 0.01,  # DenseCL _base_/schedules/schedule_20k.py optimizer.lr
    'momentum': 0.9,  # DenseCL schedule_20k.py optimizer.momentum
    'decay': 5e-4,  # DenseCL schedule_20k.py optimizer.weight_decay
    'decay of norms': 5e-4,  # DenseCL schedule_20k.py: no paramwise_cfg
    'clipping': None,  # DenseCL schedule_20k.py optimizer_config
    'schedule': ('PolyLR', 0.9, 1e-4, 0),  # DenseCL lr_config power, min_lr; no warm-up
    'ratios': (0.5, 2.0),  # DenseCL _base_/datasets/*.py train_pipeline Resize
    'most of one class': 0.75,  # DenseCL train_pipeline RandomCrop.cat_max_ratio
    'flip': 0.5,  # DenseCL train_pipeline RandomFlip
    'photometric': True,  # DenseCL train_pipeline PhotoMetricDistortion
    'padding': (0, 255),  # DenseCL train_pipeline Pad.pad_val, seg_pad_val
    'test': ('whole', None, None),  # DenseCL test_cfg
    'PreciseBN': None,  # mmseg has no such step
}
VOC = {
    'classes': 21,  # DenseCL fcn_r50-d8_512x512_20k_voc12aug.py num_classes
    'aligned corners': False,  # DenseCL model.decode_head.align_corners
    'scale': (2048, 512),  # DenseCL _base_/datasets/pascal_voc12.py Resize.img_scale
    'crop': (512, 512),  # DenseCL pascal_voc12.py crop_size
    'batch': 16,  # DenseCL pascal_voc12.py samples_per_gpu 4, on 4 GPUs
    'iterations': 20000,  # DenseCL schedule_20k.py runner.max_iters
}
PROTOCOLS = {
    'fcn_r50-d8_20k_voc12aug-512x512': EVERYWHERE | VOC,
    # DenseCL fcn_r50-d8_769x769_40k_cityscapes.py, cityscapes_769x769.py, schedule_40k
    'fcn_r50-d8_40k_cityscapes-769x769': EVERYWHERE
    | {
        'classes': 19,
        'aligned corners': True,
        'scale': (2049, 1025),
        'crop': (769, 769),
        'batch': 8,
        'iterations': 40000,
        'test': ('slide', (769, 769), (513, 513)),
    },
    # mmseg fcn_r50-d8_4xb4-80k_ade20k-512x512.py, ade20k.py, schedule_80k.py
    'fcn_r50-d8_80k_ade20k-512x512': EVERYWHERE
    | VOC
    | {'classes': 150, 'iterations': 80000},
}


def values_of_model(model: nn.Module) -> dict[str, Any]:
    def head(part: nn.Module) -> tuple:
        return (
            part.channels, part.num_convs, part.concat_input, part.dropout_ratio,
            part.in_channels, part.in_index, part.loss_decode.loss_weight,
        )  # fmt: skip

    heads = (model.decode_head, model.auxiliary_head)
    stages = [getattr(model.backbone, name) for name in model.backbone.res_layers]
    (classes,) = {part.conv_seg.out_channels for part in heads}
    (aligned,) = {part.align_corners for part in heads}
    kinds = {type(m).__name__ for m in model.modules() if isinstance(m, _BatchNorm)}
    preprocessor, test = model.data_preprocessor, model.test_cfg
    return {
        'decode head': head(heads[0]),
        'auxiliary head': head(heads[1]),
        'classes': classes,
        'aligned corners': aligned,
        'strides': [stage[0].conv2.stride[0] for stage in stages],
        'dilations': [
            (stage[0].conv2.dilation[0], stage[1].conv2.dilation[0]) for stage in stages
        ],
        'norms': 'SyncBN' if kinds == {'SyncBatchNorm'} else kinds,
        'crop': tuple(preprocessor.size),
        'padding': (preprocessor.pad_val, preprocessor.seg_pad_val),
        'test': (test.mode, test.get('crop_size'), test.get('stride')),
    }


def values_of_training(cfg: Config, model: nn.Module) -> dict[str, Any]:
    with DefaultScope.overwrite_default_scope('mmseg'):
        wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    (group,) = wrapper.optimizer.param_groups
    assert len(group['params']) == len(list(model.parameters()))
    (schedule,) = cfg.param_scheduler
    assert schedule.end == cfg.train_cfg.max_iters
    hooks = [hook.type for hook in cfg.get('custom_hooks') or []]
    return {
        'rate': group['lr'],
        'momentum': group['momentum'],
        'decay': group['weight_decay'],
        'decay of norms': group['weight_decay'],
        'clipping': wrapper.clip_grad_kwargs or None,
        'schedule': (schedule.type, schedule.power, schedule.eta_min, schedule.begin),
        'iterations': cfg.train_cfg.max_iters,
        'batch': 4 * cfg.train_dataloader.batch_size,
        'PreciseBN': next((hook for hook in hooks if 'PreciseB' in hook), None),
    }


def values_of_data(cfg: Config) -> dict[str, Any]:
    train = cfg.train_dataloader.dataset
    train = train.datasets[0] if 'datasets' in train else train
    steps = {step.type: step for step in train.pipeline}
    resize, crop = steps['RandomResize'], steps['RandomCrop']
    in_testing = cfg.test_dataloader.dataset.pipeline[1]
    assert tuple(crop.crop_size) == tuple(cfg.model.data_preprocessor.size)
    assert in_testing.type == 'Resize' and in_testing.keep_ratio and resize.keep_ratio
    assert tuple(in_testing.scale) == tuple(resize.scale)
    return {
        'scale': tuple(resize.scale),
        'ratios': tuple(resize.ratio_range),
        'most of one class': crop.cat_max_ratio,
        'flip': steps['RandomFlip'].prob,
        'photometric': 'PhotoMetricDistortion' in steps,
    }


@pytest.mark.parametrize('name', SEGMENTATION)
def test_every_value_is_that_of_its_source(name):
    cfg = load_finetuning_config(str(SEGMENTATION[name]))
    with DefaultScope.overwrite_default_scope('mmseg'), torch.device('meta'):
        model = convert_sync_batchnorm(MODELS.build(cfg.model), cfg.sync_bn)

    assert PROTOCOLS[name] == {
        **values_of_model(model),
        **values_of_training(cfg, model),
        **values_of_data(cfg),
    }
