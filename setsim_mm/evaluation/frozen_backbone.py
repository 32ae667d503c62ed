"""Frozen backbones from pre-training, their inputs and their feature maps."""

import os
from collections.abc import Callable

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from setsim_mm.host import MODELS
from setsim_mm.hosts.scope import SCOPE
from setsim_mm.models.utils.channels_preprocessor import ChannelsDataPreprocessor
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.foreign_weights import find_backbone
from setsim_mm.utils.module_modes import evaluation_mode
from setsim_mm.utils.weight_init import init_weights_quietly

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


def build_data_preprocessor(cfg: Config) -> nn.Module:
    """Build the preprocessor of a pre-training config.

    Args:
        cfg (Config): The whole config. As in mmengine, the preprocessor may be inside
            or beside the model.

    Returns:
        nn.Module: The preprocessor on the CPU.
    """
    config = dict(
        cfg.model.get('data_preprocessor') or cfg.get('data_preprocessor') or {}
    )
    config.setdefault('type', 'SelfSupDataPreprocessor')
    with DefaultScope.overwrite_default_scope(SCOPE):
        return MODELS.build(config)


def rgb_normalization(
    data_preprocessor: nn.Module,
) -> tuple[list[float], list[float]] | None:
    """Return the mean and the standard deviation that normalise RGB images.

    Args:
        data_preprocessor (nn.Module): The preprocessor of a pre-training run. Its
            channel conversion is ignored: it converts the loader's images to RGB, and
            the probes load RGB.

    Returns:
        tuple[list[float], list[float]] | None: Three floats each, on a scale of 0 to
        255; None without normalisation.

    Raises:
        UserError: If the pre-training was not on 8-bit RGB images.
    """
    if isinstance(data_preprocessor, ChannelsDataPreprocessor):
        raise UserError(
            'the probes read 8-bit RGB images, and this pre-training reads other ones '
            f'({len(data_preprocessor.mean)} channels, docs/any_images.md): leave the '
            'probe out, and compare runs by CorrespondencePrecisionHook.'
        )
    mean = getattr(data_preprocessor, 'mean', None)
    std = getattr(data_preprocessor, 'std', None)
    if not isinstance(mean, Tensor) or not isinstance(std, Tensor):
        return None
    return mean.flatten().tolist(), std.flatten().tolist()


def rgb_preprocess(
    data_preprocessor: nn.Module, device: torch.device | str
) -> Callable[[Tensor], Tensor]:
    """Return a function that converts RGB images to the backbone's inputs.

    Args:
        data_preprocessor (nn.Module): See :func:`rgb_normalization`.
        device (torch.device | str): The device of the backbone.

    Returns:
        Callable: Converts uint8 images (N, 3, height, width) to floats on the device.

    Raises:
        UserError: See :func:`rgb_normalization`.
    """
    normalization = rgb_normalization(data_preprocessor)

    def preprocess(images: Tensor) -> Tensor:
        images = images.to(device, torch.float32)
        if normalization is None:
            return images
        mean, std = (images.new_tensor(part).view(3, 1, 1) for part in normalization)
        return (images - mean) / std

    return preprocess


@torch.no_grad()
def trial_map(backbone: nn.Module, inputs: Tensor) -> Tensor:
    """Return a backbone's last feature map of inputs, (N, C, H, W).

    Args:
        backbone (nn.Module): In evaluation mode. It runs once.
        inputs (Tensor): (N, 3, height, width), on its device.

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


def feature_channels(backbone: nn.Module) -> int:
    """Return the channels of a backbone's map, on the CPU; see :func:`trial_map`."""
    return trial_map(backbone, torch.zeros(1, 3, TRIAL_SIZE, TRIAL_SIZE)).shape[1]


def feature_grid(
    backbone: nn.Module,
    preprocess: Callable[[Tensor], Tensor],
    size: tuple[int, int],
) -> tuple[int, int]:
    """Return the rows and columns of a backbone's last feature map.

    Args:
        backbone (nn.Module): Runs once, in evaluation mode.
        preprocess (Callable): See :func:`rgb_preprocess`.
        size (tuple[int, int]): Height and width of the images.

    Raises:
        UserError: If the backbone returns no feature map.
    """
    images = torch.zeros(1, 3, *size, dtype=torch.uint8)
    with evaluation_mode(backbone):
        rows, columns = trial_map(backbone, preprocess(images)).shape[2:]
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
        """Compute the last feature map (N, C, H, W) of images (N, 3, height, width)."""
        return (last_feature_map(self.backbone(images)),)
