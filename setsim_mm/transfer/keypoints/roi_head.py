"""MMDetection's standard RoI head with a branch for key points."""

from collections.abc import Sequence
from typing import Any

import torch
from mmdet.models.roi_heads import StandardRoIHead
from mmdet.models.task_modules import SamplingResult
from mmdet.models.utils import unpack_gt_instances
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox2roi, scale_boxes
from mmengine.structures import InstanceData
from torch import Tensor

from .heatmaps import encode_keypoints


@MODELS.register_module()
class KeypointRoIHead(StandardRoIHead):
    """A box branch, a key-point branch and, if ``mask_head`` is given, a mask branch.

    Regions without a labelled key point inside of them train the other branches only.

    Args:
        keypoint_roi_extractor (dict): Config of the extractor of regions.
        keypoint_head (dict): Config of a :class:`~.keypoint_head.KeypointHead`.
        **kwargs: Arguments of MMDetection's ``StandardRoIHead``.
    """

    def __init__(
        self, keypoint_roi_extractor: dict, keypoint_head: dict, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.keypoint_roi_extractor = MODELS.build(keypoint_roi_extractor)
        self.keypoint_head = MODELS.build(keypoint_head)

    def forward(
        self,
        x: tuple[Tensor, ...],
        rpn_results_list: list[InstanceData],
        batch_data_samples: list[DetDataSample] | None = None,
    ) -> tuple[Tensor, ...]:
        """Compute the outputs of all branches without post-processing.

        Args:
            x (tuple[Tensor, ...]): The maps of the levels.
            rpn_results_list (list[InstanceData]): The proposals of each image.
            batch_data_samples (list[DetDataSample], optional): Not used.

        Returns:
            tuple[Tensor, ...]: Those of ``StandardRoIHead``, then the heat maps of the
            first hundred proposals.
        """
        rois = bbox2roi([proposals.bboxes for proposals in rpn_results_list])
        others = super().forward(x, rpn_results_list, batch_data_samples)
        return (*others, self._heatmaps(x, rois[:100]))

    def loss(
        self,
        x: tuple[Tensor, ...],
        rpn_results_list: list[InstanceData],
        batch_data_samples: list[DetDataSample],
    ) -> dict[str, Tensor]:
        """Compute the losses of all branches on the same sampled regions.

        Args:
            x (tuple[Tensor, ...]): The maps of the levels.
            rpn_results_list (list[InstanceData]): The proposals of each image.
            batch_data_samples (list[DetDataSample]): With the annotations.

        Returns:
            dict[str, Tensor]: The losses by name.
        """
        truths, ignored, _ = unpack_gt_instances(batch_data_samples)
        samples = [
            self._sample(index, x, *of_image)
            for index, of_image in enumerate(
                zip(rpn_results_list, truths, ignored, strict=True)
            )
        ]
        of_boxes = self.bbox_loss(x, samples)
        losses = dict(of_boxes['loss_bbox'])
        if self.with_mask:
            of_masks = self.mask_loss(x, samples, of_boxes['bbox_feats'], truths)
            losses.update(of_masks['loss_mask'])
        losses.update(self._keypoint_loss(x, samples, truths))
        return losses

    def predict(
        self,
        x: tuple[Tensor, ...],
        rpn_results_list: list[InstanceData],
        batch_data_samples: list[DetDataSample],
        rescale: bool = False,
    ) -> list[InstanceData]:
        """Detect objects and their key points.

        Args:
            x (tuple[Tensor, ...]): The maps of the levels.
            rpn_results_list (list[InstanceData]): The proposals of each image.
            batch_data_samples (list[DetDataSample]): With the sizes of the images.
            rescale (bool): Whether to return coordinates of the original images.
                Defaults to False.

        Returns:
            list[InstanceData]: For each image, MMDetection's results, ``keypoints``
            (N, K, 2) and ``keypoint_scores`` (N, K).
        """
        metas = [sample.metainfo for sample in batch_data_samples]
        # The heat maps belong to the boxes in the image that the network sees.
        results = self.predict_bbox(x, metas, rpn_results_list, self.test_cfg)
        self._add_keypoints(x, results)
        for result, meta in zip(results, metas if rescale else (), strict=False):
            scale = [1 / factor for factor in meta['scale_factor']]
            result.keypoints = result.keypoints * result.keypoints.new_tensor(scale)
            if not self.with_mask:  # the mask branch does it
                result.bboxes = scale_boxes(result.bboxes, scale)
        if self.with_mask:
            results = self.predict_mask(x, metas, results, rescale)
        return results

    def _heatmaps(self, x: tuple[Tensor, ...], rois: Tensor) -> Tensor:
        """Return the heat maps (N, K, S, S) of regions (N, 5) with an image's index."""
        extractor = self.keypoint_roi_extractor
        regions = extractor(x[: extractor.num_inputs], rois)
        if self.with_shared_head:
            regions = self.shared_head(regions)
        return self.keypoint_head(regions)

    def _sample(
        self,
        index: int,
        x: tuple[Tensor, ...],
        proposals: InstanceData,
        truth: InstanceData,
        ignored: InstanceData | None,
    ) -> SamplingResult:
        """Sample the regions of an image, as ``StandardRoIHead`` does."""
        proposals.priors = proposals.pop('bboxes')
        assigned = self.bbox_assigner.assign(proposals, truth, ignored)
        feats = [level[index][None] for level in x]
        return self.bbox_sampler.sample(assigned, proposals, truth, feats=feats)

    def _keypoint_loss(
        self,
        x: tuple[Tensor, ...],
        samples: Sequence[SamplingResult],
        truths: Sequence[InstanceData],
    ) -> dict[str, Tensor]:
        rois = bbox2roi([sample.pos_priors for sample in samples])
        keypoints, visible = (
            torch.cat(
                [
                    truth[name][sample.pos_assigned_gt_inds]
                    for sample, truth in zip(samples, truths, strict=True)
                ]
            )
            for name in ('keypoints', 'keypoints_visible')
        )
        size = self.keypoint_head.heatmap_size
        cells, mask = encode_keypoints(keypoints, visible, rois[:, 1:], size)
        trained = mask.any(1)
        rois, cells, mask = rois[trained], cells[trained], mask[trained]
        if not len(rois):
            # A region without a key point has a loss of 0. All processes need one,
            # because synchronised norms wait for each other.
            rois = bbox2roi([sample.priors for sample in samples])[:1]
            cells = cells.new_zeros(1, self.keypoint_head.num_keypoints)
            mask = cells > 0
        return self.keypoint_head.loss(self._heatmaps(x, rois), cells, mask)

    def _add_keypoints(
        self, x: tuple[Tensor, ...], results: Sequence[InstanceData]
    ) -> None:
        """Add key points and their scores to the detections of all images."""
        boxes = [result.bboxes for result in results]
        heatmaps = self._heatmaps(x, bbox2roi(boxes))
        keypoints, scores = self.keypoint_head.predict(heatmaps, torch.cat(boxes))
        numbers = [len(result) for result in results]
        for result, points, values in zip(
            results, keypoints.split(numbers), scores.split(numbers), strict=True
        ):
            result.keypoints, result.keypoint_scores = points, values
