"""Frozen backbones from pre-training, their inputs and their feature maps."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from setsim_mm.host import MODELS
from setsim_mm.hosts.scope import SCOPE
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.foreign_weights import find_backbone
from setsim_mm.utils.module_modes import evaluation_mode
from setsim_mm.utils.weight_init import init_weights_quietly

from .image_reading import ImageInputs, build_data_preprocessor, image_inputs

if TYPE_CHECKING:
    from .label_images import LabelImages

# Side of the image that counts the channels; large enough for any backbone.
TRIAL_SIZE = 224


def last_feature_map(output: Tensor | tuple | list) -> Tensor:
    """Return the last feature map in the output of a backbone.

    Args:
        output (Tensor | tuple | list): A map, or one entry for each stage. An entry of
            MMCls' vision transformers is a map with a class token.

    Returns:
        Tensor: The feature map, (N, C, H, W).

    Raises:
        UserError: If there is no feature map.

    Examples:
        >>> last_feature_map((torch.ones(1, 8, 4, 4), torch.ones(1, 16, 2, 2))).shape
        torch.Size([1, 16, 2, 2])
    """
    last = output[-1] if isinstance(output, (tuple, list)) else output
    parts = last if isinstance(last, (tuple, list)) else [last]
    for part in parts:
        if isinstance(part, Tensor) and part.dim() == 4:
            return part
    given = ', '.join(
        f'a tensor of {part.dim()} dimensions'
        if isinstance(part, Tensor)
        else type(part).__name__
        for part in parts
    )
    raise UserError(
        f'the backbone gives no feature map of N x C x H x W, but {given}: choose one '
        'that gives maps, without pooling and classification head.'
    )


def load_backbone(
    config: Config | dict, checkpoint: str | os.PathLike | None = None
) -> nn.Module:
    """Build a backbone and load weights from a checkpoint.

    Args:
        config (Config | dict): The config of the backbone, ``cfg.model.backbone``.
        checkpoint (str | os.PathLike, optional): A pre-training checkpoint, whose query
            side is loaded, the backbone's weights alone, or a checkpoint of another
            project; see :func:`~setsim_mm.utils.foreign_weights.find_backbone`.
            Defaults to None, the initialisation of the config, as for training.

    Returns:
        nn.Module: The backbone on the CPU, in evaluation mode, without gradients.

    Raises:
        UserError: If the checkpoint is missing or does not fit the backbone.
    """
    with DefaultScope.overwrite_default_scope(SCOPE):
        backbone = MODELS.build(config)
    if checkpoint is None:
        init_weights_quietly(backbone)
    else:
        weights = find_backbone(checkpoint, backbone.state_dict()).weights
        # Not strict: old checkpoints lack BatchNorm's num_batches_tracked.
        backbone.load_state_dict(weights, strict=False)
    backbone.eval()  # MMCls' ResNet returns None here
    return backbone.requires_grad_(False)


def load_pretrained(
    cfg: Config,
    checkpoint: str | os.PathLike | None = None,
    device: torch.device | str = 'cpu',
) -> tuple[nn.Module, ImageInputs]:
    """Load the backbone of a pre-training, and its loader and normalisation.

    Args:
        cfg (Config): The config of the pre-training.
        checkpoint (str | os.PathLike, optional): See :func:`load_backbone`. Defaults
            to None, the initialisation of the config.
        device (torch.device | str): Defaults to ``'cpu'``.

    Returns:
        tuple[nn.Module, ImageInputs]: The backbone on the device, in evaluation mode,
        without gradients, and its loader and normalisation.

    Raises:
        UserError: If the checkpoint is missing or does not fit the backbone, or the
            loader of the config does not fit its normalisation.
    """
    inputs = image_inputs(cfg, build_data_preprocessor(cfg), device)
    return load_backbone(cfg.model.backbone, checkpoint).to(device), inputs


@torch.no_grad()
def trial_map(backbone: nn.Module, inputs: Tensor) -> Tensor:
    """Return a backbone's last feature map of inputs, (N, C, H, W).

    Args:
        backbone (nn.Module): In evaluation mode. It runs once.
        inputs (Tensor): (N, channels, height, width), on its device.

    Raises:
        UserError: If the backbone returns no feature map.
    """
    try:
        output = backbone(inputs)
    except TypeError as error:  # MAE's backbone also needs a mask
        raise UserError(
            f'the backbone {type(backbone).__name__} gives no feature map of an image '
            f'alone ({error}): choose one of MMCls that does.'
        ) from error
    return last_feature_map(output)


def feature_channels(backbone: nn.Module, channels: int) -> int:
    """Return the channels of a backbone's map, on the CPU; see :func:`trial_map`.

    Args:
        backbone (nn.Module): In evaluation mode.
        channels (int): Number of channels of its images.
    """
    images = torch.zeros(1, channels, TRIAL_SIZE, TRIAL_SIZE)
    return trial_map(backbone, images).shape[1]


def feature_grid(
    backbone: nn.Module, preprocess: Callable[[Tensor], Tensor], images: 'LabelImages'
) -> tuple[int, int]:
    """Return the rows and columns of a backbone's last feature map.

    Args:
        backbone (nn.Module): Runs once, in evaluation mode.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        images (LabelImages): The images, which are not read.

    Raises:
        UserError: If the backbone returns no feature map.
    """
    inputs = torch.zeros(1, images.load.channels, *images.size, dtype=torch.uint8)
    with evaluation_mode(backbone):
        rows, columns = trial_map(backbone, preprocess(inputs)).shape[2:]
    return rows, columns


@MODELS.register_module()
class FrozenBackbone(nn.Module):
    """Pre-trained backbone that training does not change, for hosts such as MMSeg.

    The weights have no gradient and BatchNorm stays in evaluation mode. The class is
    no ``BaseModule`` of mmengine, whose ``init_weights`` would overwrite the weights.

    Args:
        backbone (dict): Config of a backbone in mmselfsup's registry that returns a
            feature map.
        checkpoint (str, optional): See :func:`load_backbone`. Defaults to None.

    Raises:
        UserError: If the checkpoint is missing or does not fit the backbone.
    """

    def __init__(self, backbone: dict, checkpoint: str | None = None) -> None:
        super().__init__()
        self.backbone = load_backbone(backbone, checkpoint)

    def train(self, mode: bool = True) -> 'FrozenBackbone':
        """Set evaluation mode; ``mode`` is ignored."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Compute the last feature map (N, C, H, W) of images.

        Args:
            images (Tensor): (N, channels, height, width).
        """
        return (last_feature_map(self.backbone(images)),)
