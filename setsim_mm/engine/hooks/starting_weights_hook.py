"""Other weights than random ones in the backbone of a new run."""

import torch
from mmengine.dist import broadcast
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from setsim_mm.host import get_model
from setsim_mm.utils.errors import UserError

from ..starting_weights import StartingWeights

# In half precision, positions are rounded.
TOLERANCE = 1e-3


class StartingWeightsHook(Hook):
    """Load the backbone's weights after a model is initialised, before its first step.

    Key encoders need no loading of their own: their first update, which precedes the
    first key, copies the query side. That is so in :class:`MomentumEncoder` and in
    mmengine's ``ExponentialMovingAverage``, which MoCo and DenseCL have.

    Args:
        start (StartingWeights): The weights, which fit the model's backbone.
    """

    priority = 'HIGHEST'  # before every hook that looks at the model

    def __init__(self, start: StartingWeights) -> None:
        self.start = start

    def before_train(self, runner: Runner) -> None:
        """Load the weights, the same ones in every process.

        Args:
            runner (Runner): The runner.

        Raises:
            UserError: If a vision transformer keeps other positions fixed.
        """
        model = get_model(runner.model)
        require_same_positions(model.backbone, self.start)
        # Not strict: old checkpoints lack BatchNorm's num_batches_tracked.
        model.backbone.load_state_dict(self.start.found.weights, strict=False)
        for tensor in model.backbone.state_dict().values():
            broadcast(tensor)


def require_same_positions(backbone: nn.Module, start: StartingWeights) -> None:
    """Raise an error if a file has other positions than those that stay fixed.

    The number of heads is not visible in the weights of a vision transformer. MoCo-v3's
    ViT-S has 12 and fixed positions; DeiT's and DINO's, with weights of the same
    shapes, has 6 and learned ones.

    Args:
        backbone (nn.Module): The initialised backbone of the run.
        start (StartingWeights): The weights.

    Raises:
        UserError: If so.
    """
    fixed = getattr(backbone, 'pos_embed', None)
    given = start.found.weights.get('pos_embed')
    if fixed is None or given is None or fixed.requires_grad:
        return
    if not torch.allclose(fixed.cpu(), given.float(), rtol=0, atol=TOLERANCE):
        raise UserError(
            f"{start.file!r} has learned positions, and the config's "
            f'{type(backbone).__name__} has fixed ones, so that they are different '
            'networks: give weights that MoCo-v3 trained.'
        )
