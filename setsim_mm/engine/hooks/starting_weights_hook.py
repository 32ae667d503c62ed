"""Load weights into the backbone of a new run."""

import torch
from mmengine.dist import broadcast
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from setsim_mm.host import get_model
from setsim_mm.utils.errors import UserError

from ..starting_weights import StartingWeights

# Positional embeddings may be rounded to half precision.
TOLERANCE = 1e-3


class StartingWeightsHook(Hook):
    """Load the backbone's weights after initialisation, before the first step.

    Key encoders are not loaded: their first update, before the first key, copies the
    query encoder, both in :class:`MomentumEncoder` and in mmengine's
    ``ExponentialMovingAverage`` of MoCo and DenseCL.

    Args:
        start (StartingWeights): Weights that fit the model's backbone.
    """

    priority = 'HIGHEST'  # before all hooks that read the model

    def __init__(self, start: StartingWeights) -> None:
        self.start = start

    def before_train(self, runner: Runner) -> None:
        """Load the weights in every process.

        Raises:
            UserError: If the positional embedding of the file differs from a fixed one.
        """
        model = get_model(runner.model)
        require_same_positions(model.backbone, self.start)
        # Not strict: old checkpoints lack BatchNorm's num_batches_tracked.
        model.backbone.load_state_dict(self.start.found.weights, strict=False)
        for tensor in model.backbone.state_dict().values():
            broadcast(tensor)


def require_same_positions(backbone: nn.Module, start: StartingWeights) -> None:
    """Raise a UserError if a file's positional embedding differs from a fixed one.

    The shapes of a vision transformer's weights do not show its number of heads.
    MoCo-v3's ViT-S has 12 heads and a fixed positional embedding; that of DeiT and
    DINO, with weights of the same shapes, has 6 heads and a learned one.
    """
    fixed = getattr(backbone, 'pos_embed', None)
    given = start.found.weights.get('pos_embed')
    if fixed is None or given is None or fixed.requires_grad:
        return
    if not torch.allclose(fixed.cpu(), given.float(), rtol=0, atol=TOLERANCE):
        raise UserError(
            f"{start.file!r} has a learned positional embedding, but the config's "
            f'{type(backbone).__name__} has a fixed one, so that they are different '
            'networks: use weights trained with MoCo-v3.'
        )
