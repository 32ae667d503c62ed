"""Input checks and means shared by the losses between positions."""

import torch
from torch import Tensor


def check_maps(query: Tensor, key: Tensor, correspondence: Tensor) -> None:
    """Raise a ValueError if shapes or types would broadcast to a wrong loss.

    Args:
        query (Tensor): Maps of the query views, (N, D, Hq, Wq).
        key (Tensor): Maps of the key views, (N, D, Hk, Wk).
        correspondence (Tensor): Bool, (N, Hq*Wq, Hk*Wk).
    """
    if query.dim() != 4 or key.dim() != 4 or query.shape[:2] != key.shape[:2]:
        raise ValueError(
            'query and key must have the shapes (N, D, Hq, Wq) and (N, D, Hk, Wk), '
            f'but have {tuple(query.shape)} and {tuple(key.shape)}.'
        )
    expected = (len(query), query.shape[2:].numel(), key.shape[2:].numel())
    if correspondence.dtype != torch.bool or correspondence.shape != expected:
        raise ValueError(
            f'correspondence must be bool of shape {expected}, (N, Hq*Wq, Hk*Wk), but '
            f'is {correspondence.dtype} of shape {tuple(correspondence.shape)}.'
        )


def mean_over_images(losses: Tensor, image: Tensor, matched: Tensor) -> Tensor:
    """Compute the mean over the matched positions of each image, then over images.

    Args:
        losses (Tensor): Loss of each matched position, (R,).
        image (Tensor): Index of the image of each loss, (R,).
        matched (Tensor): Positions with a positive, bool, (N, HWq).

    Returns:
        Tensor: A scalar. An image without a matched position contributes 0.
    """
    return (losses / matched.sum(dim=1)[image]).sum() / len(matched)
