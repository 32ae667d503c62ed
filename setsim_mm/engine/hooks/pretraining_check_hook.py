"""What would fail, or mislead, later in a pre-training run is refused before it."""

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.utils.data import DataLoader

from setsim_mm.host import HOOKS, get_model
from setsim_mm.models.matchers import GeometricMatcher
from setsim_mm.models.memories import FeatureQueue
from setsim_mm.models.utils import GroupedBatchNorm
from setsim_mm.utils.checkpoints import BACKBONE, model_weights
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.state_dict_mismatch import some_of, state_dict_mismatches


@HOOKS.register_module()
class PreTrainingCheckHook(Hook):
    """Check data, queues, boxes and a loaded checkpoint before the first step.

    Raises:
        UserError: With one sentence that says what to change.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Check what is known once model and data are built.

        Args:
            runner (Runner): The runner.
        """
        model = get_model(runner.model)
        loader = runner.train_dataloader
        check_batch_size(loader, runner.world_size)
        check_queues(model, loader, runner.world_size)
        if runner.world_size == 1:
            check_bn_groups(model, loader, runner.cfg.model.get('bn_group_size'))
        check_boxes(model, loader)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check that the weights fit before they are loaded.

        mmengine itself would only warn and train on with what is left.

        Args:
            runner (Runner): The runner.
            checkpoint (dict): What the file holds.
        """
        check_weights(
            get_model(runner.model),
            model_weights(checkpoint),
            everything=runner.cfg.get('resume', False),
        )


def check_batch_size(loader: DataLoader, world_size: int) -> None:
    """Refuse a batch that is larger than the data set.

    Args:
        loader (DataLoader): The training data.
        world_size (int): Number of processes.

    Raises:
        UserError: If there are fewer images than a step takes.
    """
    images, batch = len(loader.dataset), _global_batch(loader, world_size)
    if images < batch:
        raise UserError(
            f'a step takes {batch} images ({_batch(loader)} on each of {world_size} '
            f'processes), but the data set has {images}: set '
            f'train_dataloader.batch_size to {max(1, images // world_size)} at most.'
        )


def check_queues(model: nn.Module, loader: DataLoader, world_size: int) -> None:
    """Refuse a queue that cannot take the keys of a batch.

    Args:
        model (nn.Module): The algorithm.
        loader (DataLoader): The training data.
        world_size (int): Number of processes.

    Raises:
        UserError: If a :class:`FeatureQueue` is shorter than the batch, or the length
            of a queue of mmselfsup's own (MoCo, DenseCL) is no multiple of it.
    """
    batch = _global_batch(loader, world_size)
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
            f'{name} cannot take the last batch, which is shorter than the others: set '
            'train_dataloader.drop_last=True.'
        )


def check_bn_groups(
    model: nn.Module, loader: DataLoader, configured: int | None = None
) -> None:
    """Raise an error if BatchNorm groups do not divide the batch, or beside SyncBN.

    Args:
        model (nn.Module): The algorithm, which the only process trains.
        loader (DataLoader): The training data.
        configured (int, optional): ``bn_group_size`` in the config, if it is there.
            Without it a model with SyncBN alone is left as it is. Defaults to None.

    Raises:
        UserError: If one of these conditions holds.
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
    """Refuse geometry on views that do not say where they were cut.

    Args:
        model (nn.Module): The algorithm.
        loader (DataLoader): The training data, of which one image is read.

    Raises:
        UserError: If a matcher uses geometry and the pipeline packs no boxes.
    """
    if not any(isinstance(module, GeometricMatcher) for module in model.modules()):
        return
    sample = loader.dataset[0].get('data_samples')
    if sample is None or 'view_boxes' not in sample.metainfo:
        raise UserError(
            'the matcher uses geometry, but the pipeline packs no boxes: cut the views '
            'with RandomResizedCropWithBox and MultiViewWithBoxes and name view_boxes '
            'in the meta_keys of PackSelfSupInputs, or choose a matcher without '
            'geometry.'
        )


def check_weights(
    model: nn.Module, weights: dict[str, Tensor], everything: bool = False
) -> None:
    """Refuse weights of another architecture.

    Args:
        model (nn.Module): The algorithm.
        weights (dict[str, Tensor]): Of a checkpoint, by their names in the model.
        everything (bool): Whether all weights must fit, which is what resuming needs,
            or the backbone's alone. Defaults to False.

    Raises:
        UserError: If weights are missing, or have another shape.
    """
    prefix = '' if everything else BACKBONE
    wanted, given = (
        {name: value for name, value in state.items() if name.startswith(prefix)}
        for state in (model.state_dict(), weights)
    )
    faults = state_dict_mismatches(wanted, given)
    if not faults:
        return
    whose = 'model' if everything else 'backbone'
    raise UserError(
        f"the checkpoint does not fit the config's {whose} in {len(faults)} weights "
        f'({some_of(faults)}): {_advice(wanted, weights, everything)}'
    )


def _advice(
    wanted: dict[str, Tensor], weights: dict[str, Tensor], everything: bool
) -> str:
    if not everything and any(BACKBONE + name in wanted for name in weights):
        return (
            'these are the weights of a backbone alone, so give the file as '
            "model.backbone.init_cfg=dict(type='Pretrained', checkpoint=...) and not "
            'as load_from.'
        )
    if everything:
        return (
            'resume with the config that it was trained with, or give it as load_from '
            'to start from its backbone.'
        )
    return 'set model.backbone to what it was trained with, or choose another one.'


def _batch(loader: DataLoader) -> int:
    return loader.batch_sampler.batch_size


def _global_batch(loader: DataLoader, world_size: int) -> int:
    return _batch(loader) * world_size
