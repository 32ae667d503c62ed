"""A trained model from its config and its checkpoint."""

import logging
import os

import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from setsim_mm.host import MODELS
from setsim_mm.models.memories import FeatureQueue
from setsim_mm.utils import (
    UserError,
    load_checkpoint,
    load_training_config,
    model_weights,
)
from setsim_mm.utils.checkpoints import BACKBONE
from setsim_mm.utils.state_dict_mismatch import state_dict_mismatches

SET_PROJECTOR = 'set_projector'


def init_model(
    config: str | os.PathLike | Config,
    checkpoint: str | os.PathLike | None = None,
    device: str | torch.device | None = None,
    cfg_options: dict | None = None,
) -> nn.Module:
    """Build a SetSim and load its weights.

    Args:
        config (str | os.PathLike | Config): A config of ``configs/selfsup``, or its
            file.
        checkpoint (str | os.PathLike, optional): What training with that config
            saved. Its queues are of no use here and may be missing. Defaults to None:
            initialised as the config says, at random as a rule.
        device (str | torch.device, optional): Defaults to None, a GPU if there is one.
        cfg_options (dict, optional): Overrides of parts of the config, such as
            ``{'model.matcher.nearest_neighbor': False}``. Defaults to None.

    Returns:
        nn.Module: In evaluation mode, with the config as ``model.cfg``.

    Raises:
        UserError: If the config has no matcher, or the checkpoint is not of it.

    Examples:
        >>> model = init_model(
        ...     'configs/selfsup/demo_r18.py',
        ...     'work_dirs/demo/epoch_5.pth')  # doctest: +SKIP
    """
    if not isinstance(config, Config):
        config = load_training_config(os.fspath(config), cfg_options)
    elif cfg_options:
        config = config.copy()
        config.merge_from_dict(cfg_options)
    if config.model.get('matcher') is None:
        raise UserError(
            f'the config {config.filename!r} has no matcher, for it is no SetSim '
            f'(model.type is {config.model.get("type")!r}): choose a config of SetSim.'
        )
    # Read before the model is built, which takes longer.
    weights = None if checkpoint is None else model_weights(load_checkpoint(checkpoint))
    init_default_scope(config.get('default_scope', 'mmselfsup'))
    model = MODELS.build(config.model)
    if weights is None:
        _initialise(model)
    else:
        _load(model, weights, os.fspath(checkpoint))
    model.cfg = config
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    return model.to(device).eval()


def _initialise(model: nn.Module) -> None:
    """Initialise without mmengine's word about every single weight."""
    # Not logging.disable(), of whose end mmengine's loggers hear nothing.
    loggers = MMLogger._instance_dict.values() or [MMLogger.get_current_instance()]
    before = [(logger, logger.level) for logger in loggers]
    for logger, _ in before:
        logger.setLevel(logging.WARNING)
    try:
        model.init_weights()
    finally:
        for logger, level in before:
            logger.setLevel(level)


def _load(model: nn.Module, weights: dict[str, Tensor], path: str) -> None:
    """Load all weights but the queues, or say which do not fit."""
    queues = tuple(
        f'{name}.'
        for name, module in model.named_modules()
        if isinstance(module, FeatureQueue)
    )
    # A queue of another length is as good as none.
    wanted, weights = (
        {
            name: value
            for name, value in state.items()
            if not (queues and name.startswith(queues))
        }
        for state in (model.state_dict(), weights)
    )
    missing = [name for name in wanted if name not in weights]
    if missing:
        raise UserError(_missing(missing, weights, path))
    faults = state_dict_mismatches(wanted, weights)
    if faults:
        raise UserError(
            f'{path!r} is of another model than the config describes ({faults[0]}'
            f'{_and_more(len(faults))}): give the config and the checkpoint of one run.'
        )
    model.load_state_dict(weights, strict=False)


def _missing(missing: list[str], weights: dict[str, Tensor], path: str) -> str:
    """Say what a checkpoint lacks and what it probably is."""
    advice = 'give a checkpoint that SetSim saved, such as work_dirs/<config>/epoch_N'
    if any(BACKBONE + name in missing for name in weights):
        return (
            f'{path!r} holds the weights of a backbone alone, without the set '
            f'projector: {advice}.pth.'
        )
    wants_projector = any(SET_PROJECTOR in name for name in missing)
    if wants_projector and not any(SET_PROJECTOR in name for name in weights):
        parts = ', '.join(sorted({name.split('.')[0] for name in weights})) or 'nothing'
        return (
            f'{path!r} has no set projector (it holds {parts}), so it is of another '
            f'algorithm: {advice}.pth.'
        )
    return (
        f'{path!r} lacks weights that the config describes ({missing[0]}'
        f'{_and_more(len(missing))}): give the config and the checkpoint of one run.'
    )


def _and_more(count: int) -> str:
    return f' and {count - 1} more' if count > 1 else ''
