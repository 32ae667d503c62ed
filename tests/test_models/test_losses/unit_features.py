"""Random inputs and gradients for the tests of the set loss."""

import torch
from torch.nn import functional as F


def unit(*shape, dtype=torch.float32):
    """Random features of length 1 over dimension 1."""
    return F.normalize(torch.randn(*shape), dim=1).to(dtype)


def value_and_gradient(function, query, *others):
    """A scalar function and its gradient with respect to the query."""
    leaf = query.clone().requires_grad_()
    value = function(leaf, *others)
    return value.detach(), torch.autograd.grad(value, leaf)[0]
