"""The backbone of a pre-training run, frozen, and what it reads and gives."""

import os
from collections.abc import Callable

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from setsim_mm.host import MODELS
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.foreign_weights import find_backbone

SCOPE = 'mmselfsup'
# Large enough for a backbone of any kind to say what it gives.
TRIAL_SIZE = 224


def last_feature_map(output: Tensor | tuple | list) -> Tensor:
    """Take the last feature map out of what a backbone gives.

    Args:
        output (Tensor | tuple | list): A map, or one entry a stage; MMCls' vision
            transformers give a map and a class token for each.

    Returns:
        Tensor: (N, C, H, W).

    Raises:
        UserError: If there is none.

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
        'that gives maps, and leave out its pooling and its classification head.'
    )


def load_backbone(
    config: Config | dict, checkpoint: str | os.PathLike | None = None
) -> nn.Module:
    """Build a backbone and give it the weights of a pre-training checkpoint.

    Args:
        config (Config | dict): The config of the backbone, ``cfg.model.backbone``.
        checkpoint (str | os.PathLike, optional): What pre-training saved, whose query
            side is taken, the backbone's weights alone, or a checkpoint of another
            project; see :func:`~setsim_mm.utils.foreign_weights.find_backbone`.
            Defaults to None, which leaves the weights random.

    Returns:
        nn.Module: On the CPU, in evaluation mode, without gradients.

    Raises:
        UserError: If the weights are not there or do not fit the backbone.
    """
    with DefaultScope.overwrite_default_scope(SCOPE):
        backbone = MODELS.build(config)
    if checkpoint is not None:
        weights = find_backbone(checkpoint, backbone.state_dict()).weights
        # Not strict: old checkpoints lack BatchNorm's num_batches_tracked.
        backbone.load_state_dict(weights, strict=False)
    backbone.eval()  # on a line of its own: MMCls' ResNet gives None
    return backbone.requires_grad_(False)


def build_data_preprocessor(cfg: Config) -> nn.Module:
    """Build the preprocessor of a pre-training config.

    Args:
        cfg (Config): The whole config; like mmengine, it may name the preprocessor in
            the model or beside it.

    Returns:
        nn.Module: On the CPU.
    """
    config = dict(
        cfg.model.get('data_preprocessor') or cfg.get('data_preprocessor') or {}
    )
    config.setdefault('type', 'SelfSupDataPreprocessor')
    with DefaultScope.overwrite_default_scope(SCOPE):
        return MODELS.build(config)


def rgb_normalization(data_preprocessor: nn.Module) -> tuple[list, list] | None:
    """Give the mean and deviation that a preprocessor normalises RGB images with.

    Args:
        data_preprocessor (nn.Module): Of a pre-training run. Whether it exchanges
            channels is not asked: that makes RGB of what its loader reads, and the
            probes read RGB.

    Returns:
        tuple[list, list] | None: Of three floats each, on a scale of 0 to 255; None if
        it does not normalise.
    """
    if not hasattr(data_preprocessor, 'mean'):
        return None
    parts = data_preprocessor.mean, data_preprocessor.std
    return tuple(part.flatten().tolist() for part in parts)


def rgb_preprocess(
    data_preprocessor: nn.Module, device: torch.device | str
) -> Callable[[Tensor], Tensor]:
    """Give the function that makes RGB images what the backbone reads.

    Args:
        data_preprocessor (nn.Module): See :func:`rgb_normalization`.
        device (torch.device | str): The backbone's.

    Returns:
        Callable: Takes uint8 images (N, 3, height, width), gives floats on the device.
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
def feature_channels(backbone: nn.Module) -> int:
    """Count the channels of a backbone's last feature map, by running it once.

    Args:
        backbone (nn.Module): On the CPU, in evaluation mode.

    Returns:
        int: C.

    Raises:
        UserError: If it gives no feature map.
    """
    try:
        output = backbone(torch.zeros(1, 3, TRIAL_SIZE, TRIAL_SIZE))
    except TypeError as error:  # it wants a mask as well, as MAE's does
        raise UserError(
            f'the backbone {type(backbone).__name__} gives no feature map of an image '
            f'alone ({error}): choose one of MMCls that does.'
        ) from error
    return last_feature_map(output).shape[1]


@MODELS.register_module()
class FrozenBackbone(nn.Module):
    """A pre-trained backbone that no training changes, for hosts such as MMSeg.

    Its weights get no gradient and its BatchNorm stays in evaluation mode. It is no
    ``BaseModule`` of mmengine's, so that no ``init_weights`` reaches the backbone
    and overwrites what was loaded.

    Args:
        backbone (dict): Config of any backbone that mmselfsup finds and that gives a
            feature map.
        checkpoint (str, optional): See :func:`load_backbone`. Defaults to None.

    Raises:
        UserError: If the weights are not there or do not fit the backbone.
    """

    def __init__(self, backbone: dict, checkpoint: str | None = None) -> None:
        super().__init__()
        self.backbone = load_backbone(backbone, checkpoint)

    def train(self, mode: bool = True) -> 'FrozenBackbone':
        """Stay in evaluation mode, whatever is asked for."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Give the last feature map.

        Args:
            images (Tensor): (N, 3, height, width).

        Returns:
            tuple[Tensor]: One map (N, C, H, W); hosts expect a tuple.
        """
        return (last_feature_map(self.backbone(images)),)
