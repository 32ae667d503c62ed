"""SimSiam's multi-layer perceptron, for vectors and for every position of a map."""

from functools import partial
from itertools import pairwise

from torch import nn


def simsiam_mlp(
    *channels: int, convolutional: bool = False, last_norm: bool = False
) -> nn.Sequential:
    """Stack layers as SimSiam's projector and predictor do (arXiv:2011.10566).

    Every hidden layer is followed by BatchNorm and ReLU and has no bias of its own.

    Args:
        *channels (int): Of the input, of each hidden layer, and of the output.
        convolutional (bool): Whether the layers are 1x1 convolutions for maps
            (N, C, H, W), or else linear ones for vectors (N, C). Defaults to False.
        last_norm (bool): Whether the output is normalised by a BatchNorm without
            affine parameters, as a projector's is; otherwise the last layer has a
            bias, as a predictor's. Defaults to False.

    Returns:
        nn.Sequential: From C to D channels.

    Examples:
        >>> import torch
        >>> simsiam_mlp(8, 16, 4, convolutional=True)(torch.rand(2, 8, 3, 5)).shape
        torch.Size([2, 4, 3, 5])
    """
    layer, norm = nn.Linear, nn.BatchNorm1d
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
