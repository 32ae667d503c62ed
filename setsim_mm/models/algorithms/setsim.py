"""SetSim on MoCo-v2: one training step, in the order of the paper's Figure 2."""

from dataclasses import fields

import torch
from torch import Tensor
from torch.nn import functional as F

from setsim_mm.host import MODELS, SelfSupDataSample
from setsim_mm.structures import EncodedView, ViewFeatures

from ..memories import FeatureQueue
from ..utils import MomentumEncoder, ShufflingBN, group_batch_norm
from .base import SetSimBase, encode, join_directions, mean_of_directions


@MODELS.register_module()
class SetSim(SetSimBase):
    """SetSim (https://arxiv.org/abs/2107.08712) on MoCo-v2.

    The head gets both directions as one batch, so that it reads each queue once.

    Args:
        backbone (dict): Config of the backbone; its last output is z, (N, C, H, W).
        neck (dict): Config of the two projectors, :class:`SetSimNeck`.
        head (dict): Config of the losses, :class:`SetSimHead`.
        matcher (dict): Config of the matcher, from
            :data:`setsim_mm.registry.MATCHERS`.
        symmetric (bool): Whether each view is the query once and the losses of both
            directions are averaged (paper's default, Table 3). Otherwise the first
            view is the query and the second the key. Defaults to True.
        queue_len (int): Number of keys in each queue. Defaults to 65536.
        feat_dim (int): Dimension D of the projections. Defaults to 128.
        momentum (float): m of the momentum encoder. Defaults to 0.999.
        shuffle_ranks (int, optional): Number of consecutive ranks that exchange images
            for shuffling BN. Defaults to None, all ranks.
        bn_group_size (int, optional): Number of images that BatchNorm normalises
            together when one process encodes the whole batch. Keys are shuffled
            among these groups. Defaults to 32, the images per GPU in the paper. None
            normalises the whole batch.
        pretrained (str, optional): Checkpoint to start from. Defaults to None.
        data_preprocessor (dict, optional): Config of the preprocessor. Defaults to
            None, the default of mmselfsup.
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None.

    Raises:
        ValueError: If ``feat_dim`` differs from the neck's output, or if
            ``shuffle_ranks`` or ``bn_group_size`` is less than 2.
    """

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        head: dict,
        matcher: dict,
        symmetric: bool = True,
        queue_len: int = 65536,
        feat_dim: int = 128,
        momentum: float = 0.999,
        shuffle_ranks: int | None = None,
        bn_group_size: int | None = 32,
        pretrained: str | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(
            backbone=backbone,
            neck=neck,
            head=head,
            matcher=matcher,
            symmetric=symmetric,
            pretrained=pretrained,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
        if getattr(self.neck, 'out_channels', feat_dim) != feat_dim:
            raise ValueError(
                f'The neck returns {self.neck.out_channels} channels, but the queues '
                f'expect feat_dim={feat_dim}: set both to the same number.'
            )
        in_groups = group_batch_norm(bn_group_size, self.backbone, self.neck)
        self.bn_group_size = bn_group_size
        self.momentum_encoder = MomentumEncoder(self.backbone, self.neck, momentum)
        self.image_queue = FeatureQueue(feat_dim, queue_len)
        self.set_queue = FeatureQueue(feat_dim, queue_len)
        self.shuffling_bn = ShufflingBN(shuffle_ranks, in_groups)

    def loss(
        self, inputs: list[Tensor], data_samples: list[SelfSupDataSample]
    ) -> dict[str, Tensor]:
        """Compute the losses of one training step.

        Args:
            inputs (list[Tensor]): The two views, (N, 3, height, width) each.
            data_samples (list[SelfSupDataSample]): Their boxes are in the metainfo.

        Returns:
            dict[str, Tensor]: ``loss_image`` and ``loss_set``, whose sum is minimised,
            and the matching statistics for the log.

        Raises:
            ValueError: If the number of views is not 2.
        """
        boxes = self.boxes_of(inputs, data_samples)

        encoder = self.backbone, self.neck
        queries = {q: encode(*encoder, inputs[q]) for q, _ in self.directions}
        self.momentum_encoder.update(*encoder)
        keys = {k: self.encode_key(inputs[k]) for _, k in self.directions}

        directions, statistics = [], []
        for q, k in self.directions:
            correspondence, counts = self.match(
                ViewFeatures(queries[q].feature_map, boxes[q]),
                ViewFeatures(keys[k].feature_map, boxes[k]),
            )
            directions.append((queries[q], keys[k], correspondence))
            statistics.append(counts)
        negatives = self.image_queue.features, self.set_queue.features
        losses = [
            self.head(*direction, *negatives)
            for direction in join_directions(directions)
        ]

        for k in sorted(keys):
            self.image_queue.enqueue(F.normalize(keys[k].image_projection))
            # Pooled before normalisation, as in DenseCL.
            pooled = keys[k].set_projection.mean(dim=(2, 3))  # N, D
            self.set_queue.enqueue(F.normalize(pooled))
        return {**mean_of_directions(losses), **mean_of_directions(statistics)}

    @torch.no_grad()
    def encode_key(self, images: Tensor) -> EncodedView:
        """Encode one view with momentum encoder and shuffling BN, without gradient."""
        shuffle = self.shuffling_bn.draw(len(images))
        encoded = encode(
            self.momentum_encoder.backbone,
            self.momentum_encoder.neck,
            shuffle.shuffle(images),
        )
        parts = (getattr(encoded, field.name) for field in fields(encoded))
        return EncodedView(*shuffle.unshuffle(*parts))
