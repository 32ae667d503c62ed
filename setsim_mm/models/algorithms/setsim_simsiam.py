"""SetSim on SimSiam: no momentum encoder, no queues, no negatives (Table 1)."""

from torch import Tensor

from setsim_mm.host import MODELS, SelfSupDataSample
from setsim_mm.structures import ViewFeatures

from .base import SetSimBase, encode, mean_of_directions


@MODELS.register_module()
class SetSimSiam(SetSimBase):
    """SetSim (https://arxiv.org/abs/2107.08712) on SimSiam (arXiv:2011.10566).

    One encoder encodes both views. Predictions from the query's projections are pulled
    towards the key's projections, without gradient to the key, at the image level and
    at the set level. Train it with ``sync_bn='torch'`` and with a
    :class:`~setsim_mm.engine.FixedLearningRateHook` for the predictors, as in
    ``configs/selfsup/setsim_simsiam_r50_200e_in100.py``.

    Args:
        backbone (dict): Config of the backbone; its last output is z, (N, C, H, W).
        neck (dict): Config of the two projectors, :class:`SetSimSiamNeck`.
        head (dict): Config of predictors and losses, :class:`SetSimSiamHead`.
        matcher (dict): Config of the matcher, from
            :data:`setsim_mm.registry.MATCHERS`.
        symmetric (bool): Whether each view is the query once, as in SimSiam. Defaults
            to True.
        pretrained (str, optional): Checkpoint to start from. Defaults to None.
        data_preprocessor (dict, optional): Config of the preprocessor. Defaults to
            None, the default of mmselfsup.
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None.
    """

    def loss(
        self, inputs: list[Tensor], data_samples: list[SelfSupDataSample]
    ) -> dict[str, Tensor]:
        """Compute the losses of one training step.

        Args:
            inputs (list[Tensor]): The two views, (N, 3, height, width) each.
            data_samples (list[SelfSupDataSample]): Their boxes are in the metainfo.

        Returns:
            dict[str, Tensor]: ``loss_image`` and ``loss_set``, whose sum is minimised
            and lies between -1 and 1, and the matching statistics for the log.

        Raises:
            ValueError: If the number of views is not 2.
        """
        boxes = self.boxes_of(inputs, data_samples)
        views = [encode(self.backbone, self.neck, images) for images in inputs]
        features = [
            ViewFeatures(view.feature_map, box)
            for view, box in zip(views, boxes, strict=True)
        ]

        outputs = []
        for q, k in self.directions:
            correspondence, statistics = self.match(features[q], features[k])
            losses = self.head(views[q], views[k], correspondence)
            outputs.append({**losses, **statistics})
        return mean_of_directions(outputs)
