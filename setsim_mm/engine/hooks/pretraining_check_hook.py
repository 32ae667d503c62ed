"""Check a pre-training run before its first step."""

import logging

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.utils.data import DataLoader

from setsim_mm.datasets.channel_check import check_channels
from setsim_mm.host import HOOKS, get_model
from setsim_mm.models.matchers import GeometricMatcher
from setsim_mm.models.memories import FeatureQueue
from setsim_mm.models.utils import GroupedBatchNorm
from setsim_mm.utils.checkpoints import BACKBONE, model_weights
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.state_dict_mismatch import state_dict_mismatches

from ..queue_length import longer_queue


@HOOKS.register_module()
class PreTrainingCheckHook(Hook):
    """Check data, queues, channels, boxes and a loaded checkpoint before training.

    Raises:
        UserError: With one sentence that says what to change.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Check batch size, queues, BatchNorm groups, channels and boxes."""
        model = get_model(runner.model)
        loader = runner.train_dataloader
        check_batch_size(loader, runner.world_size)
        check_queues(model, loader, runner.world_size)
        if runner.world_size == 1:
            check_bn_groups(model, loader, runner.cfg.model.get('bn_group_size'))
        check_channels(loader.dataset)
        check_boxes(model, loader)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check the weights before they are loaded; mmengine would only warn."""
        check_weights(
            get_model(runner.model),
            model_weights(checkpoint),
            everything=runner.cfg.get('resume', False),
        )


def check_batch_size(loader: DataLoader, world_size: int) -> None:
    """Raise a UserError if a batch is larger than the data set."""
    images, batch = len(loader.dataset), _global_batch(loader, world_size)
    if images < batch:
        raise UserError(
            f'a step takes {batch} images ({_batch(loader)} on each of {world_size} '
            f'processes), but the data set has {images}: set '
            f'train_dataloader.batch_size to {max(1, images // world_size)} at most.'
        )


def check_queues(model: nn.Module, loader: DataLoader, world_size: int) -> None:
    """Raise a UserError if a queue cannot hold a batch; warn if it is too long.

    A :class:`FeatureQueue` must be at least as long as the batch. The length of a queue
    of mmselfsup (MoCo, DenseCL) must be a multiple of it.
    """
    batch = _global_batch(loader, world_size)
    lengths = {m.length for m in model.modules() if isinstance(m, FeatureQueue)}
    for length in lengths | {getattr(model, 'queue_len', 0)}:
        sentence = longer_queue(length, len(loader.dataset), batch)
        if sentence is not None:
            print_log(sentence, logger='current', level=logging.WARNING)
    for module in model.modules():
        if isinstance(module, FeatureQueue) and module.length < batch:
            raise UserError(
                f'the queue holds {module.length} keys, but a step brings {batch}: '
                'raise model.queue_len, or lower train_dataloader.batch_size.'
            )
    length = getattr(model, 'queue_len', None)
    if length is None:
        return
    name = type(model).__name__
    if length % batch:
        raise UserError(
            f"{name}'s queue of {length} keys must be a multiple of the {batch} images "
            'of a step: change model.queue_len or train_dataloader.batch_size.'
        )
    if not loader.batch_sampler.drop_last and len(loader.dataset) % batch:
        raise UserError(
            f'{name} does not support the smaller last batch: set '
            'train_dataloader.drop_last=True.'
        )


def check_bn_groups(
    model: nn.Module, loader: DataLoader, configured: int | None = None
) -> None:
    """Raise a UserError if BatchNorm groups do not divide the batch, or with SyncBN.

    Args:
        model (nn.Module): The algorithm, trained by a single process.
        loader (DataLoader): The training data.
        configured (int, optional): ``bn_group_size`` of the config. Without it a model
            that has only SyncBN is allowed. Defaults to None.
    """
    size, batch = getattr(model, 'bn_group_size', None), _batch(loader)
    kinds = [type(module) for module in model.modules()]
    is_grouped = any(issubclass(kind, GroupedBatchNorm) for kind in kinds)
    if size is None:
        return
    if is_grouped and batch > size and batch % size:
        divisors = [d for d in range(2, batch // 2 + 1) if batch % d == 0]
        nearest = min(divisors, key=lambda d: abs(d - size), default=None)
        raise UserError(
            f'model.bn_group_size={size} does not divide train_dataloader.batch_size='
            f'{batch}: set it to {nearest}, or the batch to a multiple of {size}.'
        )
    if (is_grouped or configured is not None) and nn.SyncBatchNorm in kinds:
        raise UserError(
            f'SyncBN layers ignore model.bn_group_size={size}: set '
            "norm_cfg=dict(type='BN') in the model, or model.bn_group_size=None."
        )


def check_boxes(model: nn.Module, loader: DataLoader) -> None:
    """Raise a UserError if a matcher needs boxes and the first sample has none."""
    if not any(isinstance(module, GeometricMatcher) for module in model.modules()):
        return
    sample = loader.dataset[0].get('data_samples')
    if sample is None or 'view_boxes' not in sample.metainfo:
        raise UserError(
            'the matcher uses geometry, but the pipeline packs no boxes: cut the views '
            'with RandomResizedCropWithBox and MultiViewWithBoxes and add view_boxes '
            'to the meta_keys of PackSelfSupInputs, or choose a matcher without '
            'geometry.'
        )


def check_weights(
    model: nn.Module, weights: dict[str, Tensor], everything: bool = False
) -> None:
    """Raise a UserError if weights of a checkpoint are missing or have another shape.

    Args:
        model (nn.Module): The algorithm.
        weights (dict[str, Tensor]): Weights by their names in the model.
        everything (bool): Whether all weights must fit, as for resuming, or only those
            of the backbone. Defaults to False.
    """
    prefix = '' if everything else BACKBONE
    expected, loaded = (
        {name: value for name, value in state.items() if name.startswith(prefix)}
        for state in (model.state_dict(), weights)
    )
    mismatches = state_dict_mismatches(expected, loaded)
    if not mismatches:
        return
    part = 'model' if everything else 'backbone'
    raise UserError(
        f"the checkpoint does not fit the config's {part} in {len(mismatches)} weights "
        f'({some_of(mismatches)}): {_advice(expected, weights, everything)}'
    )


def _advice(
    expected: dict[str, Tensor], weights: dict[str, Tensor], everything: bool
) -> str:
    if not everything and any(BACKBONE + name in expected for name in weights):
        return (
            'it has only the weights of a backbone: set '
            "model.backbone.init_cfg=dict(type='Pretrained', checkpoint=...) instead "
            'of load_from.'
        )
    if everything:
        return (
            'resume with the config of its training, or set load_from to start from '
            'its backbone.'
        )
    return 'set model.backbone to that of its training, or choose another checkpoint.'


def _batch(loader: DataLoader) -> int:
    return loader.batch_sampler.batch_size


def _global_batch(loader: DataLoader, world_size: int) -> int:
    return _batch(loader) * world_size
