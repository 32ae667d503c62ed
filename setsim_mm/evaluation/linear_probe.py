"""A linear classifier on frozen features, for images or for positions of images."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

EPSILON = 1e-6  # of a deviation: a channel that is constant stays finite


@dataclass(frozen=True)
class LinearClassifier:
    """A linear classifier of standardised features.

    Args:
        mean (Tensor): Of each channel, (D,).
        deviation (Tensor): Of each channel, (D,).
        weight (Tensor): (C, D).
        bias (Tensor): (C,).
    """

    mean: Tensor
    deviation: Tensor
    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Return the logits (Q, C) of features (Q, D)."""
        standardised = (features - self.mean) / self.deviation
        return F.linear(standardised, self.weight, self.bias)


def fit_linear(
    features: Tensor, shares: Tensor, decay: float = 0.01, iterations: int = 100
) -> LinearClassifier:
    """Fit a linear classifier by multinomial logistic regression.

    It minimises the cross-entropy, averaged over the shares, plus
    ``decay / 2`` times the squared norm of the weights, by L-BFGS from zero. The
    problem is convex and nothing is random. For the positions of feature maps, the
    cross-entropy is that of all labelled pixels with the logits of their patch.

    Args:
        features (Tensor): (M, D).
        shares (Tensor): Share of each class, (M, C): one-hot for images, the shares of
            pixels for positions. Rows may sum to less than 1.
        decay (float): The weight of the penalty. Defaults to 0.01.
        iterations (int): At most this many iterations. Defaults to 100.

    Returns:
        LinearClassifier: On the device of the features.

    Raises:
        ValueError: If there are no features, or no share is above 0.

    Examples:
        >>> features = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> classifier = fit_linear(features, torch.eye(2)[[0, 0, 1, 1]])
        >>> classifier(features).argmax(1).tolist()
        [0, 0, 1, 1]
    """
    if not len(features) or not shares.sum() > 0:
        raise ValueError('a linear classifier needs at least one labelled feature')
    mean = features.mean(0)
    deviation = features.std(0, correction=0) + EPSILON
    inputs = (features - mean) / deviation
    weight = features.new_zeros(shares.shape[1], features.shape[1], requires_grad=True)
    bias = features.new_zeros(shares.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=iterations, line_search_fn='strong_wolfe'
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        logits = F.linear(inputs, weight, bias)  # M, C
        entropy = -(shares * F.log_softmax(logits, dim=1)).sum() / shares.sum()
        loss = entropy + decay / 2 * weight.square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimizer.step(closure)
    return LinearClassifier(mean, deviation, weight.detach(), bias.detach())
