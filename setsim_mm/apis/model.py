"""Build a trained model from its config and its checkpoint."""

import os

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from setsim_mm.hosts.scope import SCOPE
from setsim_mm.utils import (
    UserError,
    load_checkpoint,
    load_training_config,
    model_weights,
)
from setsim_mm.utils.checkpoints import BACKBONE
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.state_dict_mismatch import state_dict_mismatches
from setsim_mm.utils.weight_init import init_weights_quietly

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
        checkpoint (str | os.PathLike, optional): A checkpoint of a training with this
            config. Its queues are ignored and may be missing. Defaults to None, which
            initialises the model as the config describes.
        device (str | torch.device, optional): The device. Defaults to None, a GPU if
            there is one.
        cfg_options (dict, optional): Overrides of parts of the config, such as
            ``{'model.matcher.nearest_neighbor': False}``. Defaults to None.

    Returns:
        nn.Module: The model in evaluation mode, with the config as ``model.cfg``.

    Raises:
        UserError: If the config has no matcher, or the checkpoint does not fit it.

    Examples:
        >>> model = init_model(
        ...     'configs/selfsup/demo_r18.py',
        ...     'work_dirs/demo/epoch_5.pth')  # doctest: +SKIP
    """
    from setsim_mm.host import MODELS

    if not isinstance(config, Config):
        config = load_training_config(os.fspath(config), cfg_options)
    elif cfg_options:
        config = config.copy()
        config.merge_from_dict(cfg_options)
    if config.model.get('matcher') is None:
        raise UserError(
            f'the config {config.filename!r} has no matcher (model.type is '
            f'{config.model.get("type")!r}): choose a config of SetSim.'
        )
    # Loading comes first: an unreadable checkpoint is reported at once.
    weights = None if checkpoint is None else model_weights(load_checkpoint(checkpoint))
    init_default_scope(config.get('default_scope', SCOPE))
    model = MODELS.build(config.model)
    if weights is None:
        init_weights_quietly(model)
    else:
        _load(model, weights, str(checkpoint))
    model.cfg = config
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    return model.to(device).eval()


def _load(model: nn.Module, weights: dict[str, Tensor], path: str) -> None:
    """Load all weights but the queues, whose length may differ."""
    from setsim_mm.models.memories import FeatureQueue

    queues = tuple(
        f'{name}.'
        for name, module in model.named_modules()
        if isinstance(module, FeatureQueue)
    )
    wanted, weights = (
        {name: v for name, v in state.items() if not name.startswith(queues)}
        for state in (model.state_dict(), weights)
    )
    mismatches = state_dict_mismatches(wanted, weights)
    if mismatches:
        raise UserError(
            f'{path!r} does not fit the config in {len(mismatches)} weights '
            f'({some_of(mismatches)}): {_advice(wanted, weights)}'
        )
    model.load_state_dict(weights, strict=False)


def _advice(wanted: dict[str, Tensor], weights: dict[str, Tensor]) -> str:
    """Describe what a checkpoint probably is and which one to give instead."""
    advice = 'give a checkpoint that SetSim saved, such as work_dirs/<config>/epoch_N'
    if any(BACKBONE + name in wanted for name in weights):
        return (
            'it holds the weights of a backbone alone, without the set projector, so '
            f'{advice}.pth.'
        )
    without_projector = not any(SET_PROJECTOR in name for name in weights)
    if without_projector and any(SET_PROJECTOR in name for name in wanted):
        parts = ', '.join(sorted({name.split('.')[0] for name in weights})) or 'nothing'
        return (
            f'it has no set projector (it holds {parts}) and is of another algorithm, '
            f'so {advice}.pth.'
        )
    return 'give the config and the checkpoint of one run.'
