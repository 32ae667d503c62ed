"""Model of the bytes that the ranks send in a training step.

:mod:`measurements.processes` counts the bytes of real processes.
:mod:`measurements.network` estimates the time that they take.
"""

import math
from dataclasses import dataclass

import torch
from mmengine.config import Config
from torch import nn

from setsim_mm.host import MODELS
from setsim_mm.models.algorithms import SetSimBase
from setsim_mm.utils.errors import UserError

FLOAT = 4  # bytes
# Bytes of the first and of the other buckets of gradients in DistributedDataParallel.
FIRST_BUCKET, BUCKET = 2**20, 25 * 2**20


@dataclass(frozen=True)
class Collective:
    """The collective operations of a step for one purpose.

    Args:
        purpose (str): What they are for.
        kind (str): ``'all-reduce'``, ``'all-to-all'`` or ``'all-gather'``.
        calls (int): Number of calls in a step.
        payload (int): Bytes that a rank passes to all calls of a step together.
    """

    purpose: str
    kind: str
    calls: int
    payload: int

    def leaving(self, ranks: int) -> float:
        """Compute the mean number of bytes that leave a rank in a step.

        Args:
            ranks (int): Number of ranks.

        Returns:
            float: Bytes for ring algorithms, and for images that are sent to random
            ranks.
        """
        others = {
            'all-reduce': 2 * (ranks - 1) / ranks,
            'all-to-all': (ranks - 1) / ranks,
            'all-gather': ranks - 1,
        }
        return self.payload * others[self.kind]


@dataclass(frozen=True)
class StepSizes:
    """The sizes that decide how many bytes a step of SetSim sends.

    Args:
        batch (int): Images N of a rank.
        image (int): Values of a view, 3 · height · width.
        feature_map (int): Values of its map z, C · H · W.
        positions (int): H · W.
        dim (int): Dimension D of the projections.
        parameters (int): Trained parameters.
        directions (int): 2 for the symmetrised loss, else 1.
        has_queues (bool): Whether there are queues and a momentum encoder with
            shuffling BN (MoCo), or neither (SimSiam).
        norms (tuple[int, ...]): Channels of each synchronised BatchNorm (SimSiam).
            Defaults to none.
        map_value (int): Bytes of a value of z: 4, or 2 in mixed precision. Defaults
            to 4.
    """

    batch: int
    image: int
    feature_map: int
    positions: int
    dim: int
    parameters: int
    directions: int
    has_queues: bool
    norms: tuple[int, ...] = ()
    map_value: int = FLOAT


def sizes_of(
    cfg: Config, batch: int | None = None, image_size: int = 224, amp: bool = False
) -> StepSizes:
    """Build the model of a config and return the sizes of its step.

    Args:
        cfg (Config): A training config of SetSim, on MoCo or on SimSiam.
        batch (int, optional): Images of a rank. Defaults to None, the config's.
        image_size (int): Height and width of the views. Defaults to 224.
        amp (bool): Whether z has half precision. Defaults to False.

    Returns:
        StepSizes: The sizes.

    Raises:
        UserError: If the config has another algorithm.
    """
    model = MODELS.build(cfg.model)
    if not isinstance(model, SetSimBase):
        raise UserError(
            f'the communication of {type(model).__name__} is unknown: choose a config '
            'of SetSim.'
        )
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    norms = tuple(
        module.num_features
        for module in model.modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
    )
    model.backbone.eval()
    with torch.no_grad():
        feature_map = model.backbone(torch.zeros(1, 3, image_size, image_size))[-1]
    return StepSizes(
        batch=batch or cfg.train_dataloader.batch_size,
        image=3 * image_size**2,
        feature_map=feature_map[0].numel(),
        positions=feature_map[0, 0].numel(),
        dim=model.neck.out_channels,
        parameters=parameters,
        directions=len(model.directions),
        has_queues=hasattr(model, 'set_queue'),
        norms=norms if cfg.get('sync_bn') else (),
        map_value=FLOAT // 2 if amp else FLOAT,
    )


def collectives_of(sizes: StepSizes) -> list[Collective]:
    """Return the collective operations of a step.

    Args:
        sizes (StepSizes): Sizes of the step.

    Returns:
        list[Collective]: The all-reduce of the gradients. With queues, both exchanges
        of shuffling BN and the all-gather of the keys. With synchronised BatchNorm, its
        statistics in the forward and in the backward pass.
    """
    gradients = FLOAT * sizes.parameters
    buckets = 1 + math.ceil(max(0, gradients - FIRST_BUCKET) / BUCKET)
    result = [Collective('gradients', 'all-reduce', buckets, gradients)]
    # Each direction has one view as keys.
    keys = sizes.directions * sizes.batch
    if sizes.has_queues:
        # z, the image projection, and the set projection of each position.
        projections = FLOAT * sizes.dim * (1 + sizes.positions)
        encoded = sizes.map_value * sizes.feature_map + projections
        there, back = FLOAT * sizes.image, encoded
        result += [
            Collective('images', 'all-to-all', sizes.directions, keys * there),
            Collective('encodings', 'all-to-all', 3 * sizes.directions, keys * back),
            # One key for each of the two queues.
            Collective(
                'queues',
                'all-gather',
                2 * sizes.directions,
                2 * keys * FLOAT * sizes.dim,
            ),
        ]
    if sizes.norms:
        # Both views pass through every layer. torch.nn.SyncBatchNorm gathers mean,
        # deviation and count in the forward pass and reduces two sums in the backward
        # pass.
        calls, channels = 2 * len(sizes.norms), 2 * sum(sizes.norms)
        result += [
            Collective(
                'statistics', 'all-gather', calls, FLOAT * (2 * channels + calls)
            ),
            Collective('statistics', 'all-reduce', calls, FLOAT * 2 * channels),
        ]
    return result
