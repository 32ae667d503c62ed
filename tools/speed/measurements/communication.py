"""How many bytes the ranks hand to each other in a training step, on paper.

:mod:`measurements.processes` counts the same in real processes, and
:mod:`measurements.network` estimates how long they take.
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
# DistributedDataParallel sends its first gradients early, and the others in buckets.
FIRST_BUCKET, BUCKET = 2**20, 25 * 2**20


@dataclass(frozen=True)
class Collective:
    """What the ranks do together in each step, for one purpose.

    Args:
        purpose (str): What it is for.
        kind (str): ``'all-reduce'``, ``'all-to-all'`` or ``'all-gather'``.
        calls (int): How often in a step.
        payload (int): Bytes that a rank hands to all calls of a step together.
    """

    purpose: str
    kind: str
    calls: int
    payload: int

    def leaving(self, ranks: int) -> float:
        """Count the bytes that leave a rank in a step, on average.

        Args:
            ranks (int): How many take part.

        Returns:
            float: For a ring where all get the same, and for images whose new ranks
            are drawn at random.
        """
        others = {
            'all-reduce': 2 * (ranks - 1) / ranks,
            'all-to-all': (ranks - 1) / ranks,
            'all-gather': ranks - 1,
        }
        return self.payload * others[self.kind]


@dataclass(frozen=True)
class StepSizes:
    """The sizes that decide what a step of SetSim sends.

    Args:
        batch (int): Images N of a rank.
        image (int): Values of a view, 3 · height · width.
        feature_map (int): Values of its map z, C · H · W.
        positions (int): H · W.
        dim (int): Dimension D of the projections.
        parameters (int): Trained parameters.
        directions (int): 2 for the symmetrised loss, else 1.
        has_queues (bool): Whether there are a momentum encoder under shuffling BN and
            queues (MoCo), or neither (SimSiam).
        norms (tuple[int, ...]): Channels of each BatchNorm that is synchronised
            (SimSiam). Defaults to none.
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
    """Read the sizes off a config.

    Args:
        cfg (Config): A training config of SetSim, on MoCo or on SimSiam.
        batch (int, optional): Images of a rank. Defaults to None, the config's.
        image_size (int): Height and width of the views. Defaults to 224.
        amp (bool): Whether z is held in half precision. Defaults to False.

    Returns:
        StepSizes: Of the model that the config describes, which is built for it.

    Raises:
        UserError: If it describes another algorithm.
    """
    model = MODELS.build(cfg.model)
    if not isinstance(model, SetSimBase):
        raise UserError(
            f'what {type(model).__name__} sends is not known: choose a config of '
            'SetSim.'
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
    """Say what the ranks do together in a step.

    Args:
        sizes (StepSizes): Of the step.

    Returns:
        list[Collective]: The gradients' all-reduce; with queues the exchange of
        shuffling BN, there and back, and the keys' all-gather; with synchronised
        BatchNorm its statistics, forwards and backwards.
    """
    gradients = FLOAT * sizes.parameters
    buckets = 1 + math.ceil(max(0, gradients - FIRST_BUCKET) / BUCKET)
    result = [Collective('gradients', 'all-reduce', buckets, gradients)]
    # As many views are keys as there are directions.
    keys = sizes.directions * sizes.batch
    if sizes.has_queues:
        # z, the image projection, and the set projection of each position.
        projections = FLOAT * sizes.dim * (1 + sizes.positions)
        encoded = sizes.map_value * sizes.feature_map + projections
        there, back = FLOAT * sizes.image, encoded
        result += [
            Collective('images', 'all-to-all', sizes.directions, keys * there),
            Collective('encodings', 'all-to-all', 3 * sizes.directions, keys * back),
            # A key for either queue.
            Collective(
                'queues',
                'all-gather',
                2 * sizes.directions,
                2 * keys * FLOAT * sizes.dim,
            ),
        ]
    if sizes.norms:
        # Both views pass every layer. Forwards mean, deviation and count are gathered,
        # backwards two sums are reduced (torch.nn.SyncBatchNorm).
        calls, channels = 2 * len(sizes.norms), 2 * sum(sizes.norms)
        result += [
            Collective(
                'statistics', 'all-gather', calls, FLOAT * (2 * channels + calls)
            ),
            Collective('statistics', 'all-reduce', calls, FLOAT * 2 * channels),
        ]
    return result
