"""The starting points that are compared, and their backbones."""

from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from torch import nn

from setsim_mm.datasets.image_loader import image_loader
from setsim_mm.evaluation import ImageInputs, load_backbone, load_pretrained
from setsim_mm.evaluation.frozen_backbone import feature_channels
from setsim_mm.evaluation.image_reading import require_rgb
from setsim_mm.transfer.weights import RANDOM
from setsim_mm.utils import UserError
from setsim_mm.utils.random_state import fixed_random_state


@dataclass(frozen=True)
class Start:
    """A starting point.

    Args:
        name (str): The name of its runs.
        label (str): Its name in tables and plots.
        weights (str): The checkpoint that it is, or that its pre-training here starts
            from; ``'random'`` for random weights.
        pretrained (bool): Whether it is pre-trained here.
    """

    name: str
    label: str
    weights: str
    pretrained: bool

    @property
    def random(self) -> bool:
        """Return True if it begins with random weights."""
        return self.weights == RANDOM


def starts_for(weights: Path | None) -> list[Start]:
    """Return the starting points.

    Args:
        weights (Path, optional): The weights that the user has. Defaults to None.
    """
    before = [Start('random', 'random', RANDOM, False)]
    if weights is not None:
        path = str(weights.expanduser().resolve())
        before.append(Start('given', 'the weights given', path, False))
    return before + [
        Start(
            f'{start.name}_pretrained',
            f'pre-trained here from {start.label}',
            start.weights,
            True,
        )
        for start in before
    ]


def load_start(
    cfg: Config, checkpoint: str, seed: int, device: str
) -> tuple[nn.Module, ImageInputs]:
    """Load the frozen backbone of a starting point.

    Args:
        cfg (Config): With ``model.backbone`` and the preprocessor of pre-training.
        checkpoint (str): The checkpoint, or ``'random'`` for the initialisation that
            pre-training has.
        seed (int): The seed of random weights.
        device (str): The device.

    Returns:
        tuple[nn.Module, ImageInputs]: See
        :func:`~setsim_mm.evaluation.load_pretrained`.

    Raises:
        UserError: If the checkpoint does not fit.
    """
    path = None if checkpoint == RANDOM else checkpoint
    with fixed_random_state(seed):
        return load_pretrained(cfg, path, device)


def require_backbone(cfg: Config, weights: Path | None) -> None:
    """Raise an error if a backbone cannot be measured, before anything runs.

    Args:
        cfg (Config): A pre-training config.
        weights (Path, optional): The weights that must fit. Defaults to None.

    Raises:
        UserError: If the backbone gives no feature map, has weights already, or the
            file does not fit, or the pre-training reads other images than 8-bit RGB.
    """
    load = image_loader(cfg)
    require_rgb(load, 'the comparison')
    initial = cfg.model.backbone.get('init_cfg') or {}
    if not isinstance(initial, list) and initial.get('type') == 'Pretrained':
        raise UserError(
            'the backbone of the config starts from the file '
            f'{initial.get("checkpoint")!r}, so that nothing is random: set '
            'model.backbone.init_cfg=None and give the file as --weights.'
        )
    with fixed_random_state(0):
        backbone = load_backbone(cfg.model.backbone, weights)
    feature_channels(backbone, load.channels)
