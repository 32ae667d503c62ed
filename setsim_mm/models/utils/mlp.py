"""SimSiam's multi-layer perceptron, for vectors and for maps."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

from torch import nn


def simsiam_mlp(
    *channels: int, convolutional: bool = False, last_norm: bool = False
) -> nn.Sequential:
    """Build the MLP of SimSiam's projector or predictor (arXiv:2011.10566).

    Hidden layers have no bias and are followed by BatchNorm and ReLU.

    Args:
        *channels (int): Channels of the input, of each hidden layer and of the output.
        convolutional (bool): Whether the layers are 1x1 convolutions for maps
            (N, C, H, W) instead of linear layers for vectors (N, C). Defaults to False.
        last_norm (bool): Whether a BatchNorm without affine parameters follows the last
            layer, as in the projector. Otherwise the last layer has a bias, as in the
            predictor. Defaults to False.

    Returns:
        nn.Sequential: The MLP.

    Examples:
        >>> import torch
        >>> simsiam_mlp(8, 16, 4, convolutional=True)(torch.rand(2, 8, 3, 5)).shape
        torch.Size([2, 4, 3, 5])
    """
    layer: Callable[..., nn.Module] = nn.Linear
    norm: Callable[..., nn.Module] = nn.BatchNorm1d
    if convolutional:
        layer, norm = partial(nn.Conv2d, kernel_size=1), nn.BatchNorm2d
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(channels[:-1]):
        layers += [
            layer(inputs, outputs, bias=False),
            norm(outputs),
            nn.ReLU(inplace=True),
        ]
    layers.append(layer(*channels[-2:], bias=not last_norm))
    if last_norm:
        layers.append(norm(channels[-1], affine=False))
    return nn.Sequential(*layers)
