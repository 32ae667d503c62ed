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


def rows_of(matched: Tensor, count_rows: bool) -> tuple[Tensor, Tensor]:
    """Return the positions whose loss is computed.

    Args:
        matched (Tensor): Positions with a positive, bool, (N, HWq).
        count_rows (bool): Whether to return the positions with a positive only. Their
            number is a shape, so that the CPU waits for a GPU. On maps of one position
            all are returned.

    Returns:
        tuple[Tensor, Tensor]: Image and position of each row, (R,) each, by images.
    """
    images, positions = matched.shape
    if count_rows and positions > 1:
        image, position = matched.nonzero(as_tuple=True)
        return image, position
    row = torch.arange(images * positions, device=matched.device)
    return row // positions, row % positions


def mean_over_images(
    losses: Tensor, image: Tensor, position: Tensor, matched: Tensor
) -> Tensor:
    """Compute the mean over the matched positions of each image, then over images.

    Args:
        losses (Tensor): Loss of each row, (R,).
        image (Tensor): Image of each row, (R,).
        position (Tensor): Position of each row, (R,).
        matched (Tensor): Positions with a positive, bool, (N, HWq).

    Returns:
        Tensor: A scalar. A position or an image without a positive contributes 0.
    """
    losses = losses.where(matched[image, position], 0)
    return (losses / matched.sum(dim=1).clamp(min=1)[image]).sum() / len(matched)
