"""Weights of an RGB network for images with another number of channels."""

from collections.abc import Mapping

from torch import Tensor

RGB = 3


def inflate_input_channels(weight: Tensor, channels: int) -> Tensor:
    """Convert the weights of a first convolution from RGB to N channels.

    The rule is that of timm's ``adapt_input_conv`` (``timm/models/_manipulate.py``):
    for one channel the sum over red, green and blue; for others the weights of red,
    green, blue, red, ... times 3 / N, which keeps the scale of the activations.

    Args:
        weight (Tensor): (D, 3, height, width).
        channels (int): N.

    Returns:
        Tensor: (D, N, height, width), with the type of the weights.

    Examples:
        >>> import torch
        >>> inflate_input_channels(torch.ones(1, 3, 1, 1), 4).flatten()
        tensor([0.7500, 0.7500, 0.7500, 0.7500])
    """
    if channels == RGB:
        return weight
    values = weight.float()
    if channels == 1:
        return values.sum(dim=1, keepdim=True).to(weight.dtype)
    repeated = values.repeat(1, -(-channels // RGB), 1, 1)[:, :channels]
    return (repeated * (RGB / channels)).to(weight.dtype)


def inflated_first_convolution(
    weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], str | None]:
    """Inflate the first convolution if it alone differs in its input channels.

    Args:
        weights (Mapping[str, Tensor]): Weights of an RGB network.
        wanted (Mapping[str, Tensor]): The state of the config's network.

    Returns:
        tuple[dict[str, Tensor], str | None]: The weights, and the name of the one that
        was inflated; None if none was.
    """
    found = [
        name
        for name, value in weights.items()
        if name in wanted and _differs_in_input(value, wanted[name])
    ]
    if len(found) != 1:
        return dict(weights), None
    (name,) = found
    channels = wanted[name].shape[1]
    return {**weights, name: inflate_input_channels(weights[name], channels)}, name


def _differs_in_input(weight: Tensor, wanted: Tensor) -> bool:
    """Return whether a convolution reads RGB and another number is wanted."""
    if weight.dim() != 4 or wanted.dim() != 4 or weight.shape[1] != RGB:
        return False
    outputs = (weight.shape[0], *weight.shape[2:])
    return outputs == (wanted.shape[0], *wanted.shape[2:]) and wanted.shape[1] != RGB
