"""Checks of a benchmark's model for errors that raise no exception.

A benchmark also has a result if its backbone is overwritten, partly loaded or frozen,
or if its images have other colours.
"""

from collections.abc import Iterator, Mapping, Sequence

import torch
from mmengine.config import Config
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from setsim_mm.transfer.weights import EXTRA_NORM, wanted_weights

# The normalisation of pre-training, RGB from 0 to 255.
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
NORMALISED = (
    'neck',
    'bbox_head',
    'mask_head',
    'keypoint_head',
    'decode_head',
    'auxiliary_head',
)


def transfer_faults(
    model: nn.Module,
    weights: Mapping[str, Tensor],
    cfg: Config,
    mean: Sequence[float] = MEAN,
    std: Sequence[float] = STD,
) -> list[str]:
    """Return why a benchmark would not measure the weights of the checkpoint.

    Args:
        model (nn.Module): The model after ``init_weights``. It is set to training mode.
        weights (Mapping[str, Tensor]): The checkpoint's weights by their names in the
            backbone.
        cfg (Config): The config of the model.
        mean (Sequence[float]): Mean of red, green and blue in pre-training.
        std (Sequence[float]): Standard deviation of red, green and blue.

    Returns:
        list[str]: The errors; empty if there are none.
    """
    model.train()
    return [
        *_overwriting(cfg),
        *_weight_faults(model, weights),
        *_training_faults(model),
        *_normalisation_faults(model, cfg),
        *_image_faults(model, mean, std),
        *_evaluation_faults(cfg),
    ]


def _overwriting(cfg: Config) -> Iterator[str]:
    if cfg.get('load_from'):
        yield f'load_from overwrites the backbone with {cfg.load_from}'
    for where, part in (
        ('model', cfg.model),
        ('model.backbone', cfg.model.backbone),
    ):
        if part.get('pretrained'):
            yield f'{where}.pretrained overwrites the backbone with {part.pretrained}'


def _weight_faults(model: nn.Module, weights: Mapping[str, Tensor]) -> Iterator[str]:
    ours = wanted_weights(_transferred_parts(model))
    for name, value in ours.items():
        if name not in weights:
            # PyTorch before 0.4.1 did not save it, and nothing depends on it.
            if not name.endswith('num_batches_tracked'):
                yield f'{name} of the backbone is not in the checkpoint'
        elif not torch.equal(value, weights[name]):
            yield f"{name} of the backbone is not the checkpoint's"
    for name in weights:
        if name not in ours:
            yield f'{name} of the checkpoint is not used'


def _training_faults(model: nn.Module) -> Iterator[str]:
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            yield f'{name} is frozen'
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm) and not module.training:
            yield f'{name} stays in evaluation mode'
        if getattr(module, 'style', 'pytorch') != 'pytorch' and hasattr(
            module, 'conv1_stride'
        ):
            yield f'{name} has its stride in another convolution ({module.style})'


def _normalisation_faults(model: nn.Module, cfg: Config) -> Iterator[str]:
    """Yield missing BatchNorms of the protocols, and those that are not SyncBN."""
    parts = _transferred_parts(model)
    if 'shared_head' in parts:
        if not any(
            name.startswith(EXTRA_NORM) for name in parts['shared_head'].state_dict()
        ):
            yield 'there is no BatchNorm behind res5'
    else:
        for name, module in model.named_modules():
            if name.split('.')[-1] in NORMALISED and not _norms(module):
                yield f'{name} has no BatchNorm'
    if not cfg.get('sync_bn'):
        for name, module in model.named_modules():
            if isinstance(module, _BatchNorm) and not isinstance(
                module, nn.SyncBatchNorm
            ):
                yield f'{name} is not synchronised'


def _image_faults(
    model: nn.Module, mean: Sequence[float], std: Sequence[float]
) -> Iterator[str]:
    preprocessor = model.data_preprocessor
    for name, values in (('mean', mean), ('std', std)):
        ours = getattr(preprocessor, name, torch.zeros(0)).flatten().tolist()
        if len(ours) != len(values) or any(
            abs(one - other) > 1e-3 for one, other in zip(ours, values, strict=False)
        ):
            yield f'images have the {name} {_rounded(ours)} and not {_rounded(values)}'
    # The first name is mmengine's, for mmdet; the second is mmseg's.
    swaps = ('_channel_conversion', 'channel_conversion')
    if not any(getattr(preprocessor, name, False) for name in swaps):
        yield 'images are BGR and not RGB'


def _evaluation_faults(cfg: Config) -> Iterator[str]:
    evaluators = cfg.get('val_evaluator') or []
    if not isinstance(evaluators, Sequence):
        evaluators = [evaluators]
    of_voc = {'VOC07Metric', 'VOCMetric', 'VOCBoxMetric'}
    if any(e['type'] in of_voc for e in evaluators) and not any(
        map(_measures_voc07, evaluators)
    ):
        yield 'the evaluation gives no 11-point AP of VOC 2007 over ten IoUs'


def _measures_voc07(evaluator: Mapping) -> bool:
    """Return whether an evaluator measures the AP of the paper's tables.

    MMDetection's metric counts as well: it differs in details (docs/benchmarks.md).
    """
    if evaluator['type'] == 'VOCMetric':
        ious = evaluator.get('iou_thrs', 0.5)
        return (
            evaluator.get('eval_mode', '11points') == '11points'
            and isinstance(ious, Sequence)
            and [round(100 * iou) for iou in ious] == list(range(50, 100, 5))
        )
    return evaluator['type'] == 'VOC07Metric'


def _transferred_parts(model: nn.Module) -> dict[str, nn.Module]:
    parts = dict(backbone=model.backbone)
    shared_head = getattr(getattr(model, 'roi_head', None), 'shared_head', None)
    if shared_head is not None:
        parts['shared_head'] = shared_head
    return parts


def _norms(module: nn.Module) -> bool:
    return any(isinstance(part, _BatchNorm) for part in module.modules())


def _rounded(values: Sequence[float]) -> str:
    return '(' + ', '.join(f'{value:g}' for value in values) + ')'
