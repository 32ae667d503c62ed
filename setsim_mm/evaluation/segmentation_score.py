"""Mean intersection over union, from counts of pixels."""

import torch
from torch import Tensor

from setsim_mm.utils.errors import UserError


def confusion_matrix(
    labels: Tensor, predictions: Tensor, num_classes: int, num_predicted: int = 0
) -> Tensor:
    """Count the pixels of each class by what was predicted for them.

    Args:
        labels (Tensor): Classes, any shape. Values outside 0 to ``num_classes - 1`` are
            left out.
        predictions (Tensor): Predicted classes or clusters, the same shape.
        num_classes (int): C.
        num_predicted (int): P. Defaults to 0, C.

    Returns:
        Tensor: int64, (C, P): rows are classes, columns are predictions.

    Examples:
        >>> labels, predictions = torch.tensor([0, 0, 1, 9]), torch.tensor([0, 1, 1, 1])
        >>> confusion_matrix(labels, predictions, num_classes=2).tolist()
        [[1, 1], [0, 1]]
    """
    columns = num_predicted or num_classes
    known = (labels >= 0) & (labels < num_classes)
    pairs = labels[known].long() * columns + predictions[known].long()
    return torch.bincount(pairs, minlength=num_classes * columns).view(-1, columns)


def intersection_over_union(confusion: Tensor) -> Tensor:
    """Compute the IoU of each class.

    Args:
        confusion (Tensor): (C, C), see :func:`confusion_matrix`.

    Returns:
        Tensor: float64, (C,); NaN for a class that is neither there nor predicted.
    """
    hits = confusion.diagonal().double()
    return hits / (confusion.sum(0) + confusion.sum(1) - hits)


def mean_iou(confusion: Tensor) -> float:
    """Compute the mean IoU in percent, over the classes that are there or predicted.

    Args:
        confusion (Tensor): (C, C), see :func:`confusion_matrix`.

    Returns:
        float: 0 to 100.

    Examples:
        >>> mean_iou(torch.tensor([[1, 1], [0, 1]]))
        50.0
    """
    return 100 * intersection_over_union(confusion).nanmean().item()


def require_two_classes(counts: Tensor, num_images: int) -> None:
    """Check that labels show at least two classes.

    Args:
        counts (Tensor): Pixels, or another amount, of each class, (C,).
        num_images (int): Images that were counted.

    Raises:
        UserError: If not.
    """
    present = counts.nonzero().flatten().tolist()
    if len(present) < 2:
        what = f'class {present[0]} only' if present else 'no class'
        raise UserError(
            f'the labels of the {num_images} images show {what}: segmentation needs '
            'two classes or more, so check the value of pixels without a class, or '
            'give other images.'
        )
