"""COCO's person key points, and other data in the same format, for MMDetection."""

import logging
from collections.abc import Sequence

import numpy as np
from mmdet.datasets import CocoDataset
from mmdet.registry import DATASETS
from mmengine.logging import print_log

from setsim_mm.utils.errors import UserError

from .meta import COCO_PERSON, flip_indices

# Share of labelled key points that may be outside of their image. detectron2 ignores
# such key points; if there are many, the coordinates have another unit or order.
MAX_OUTSIDE_SHARE = 0.01


@DATASETS.register_module()
class CocoKeypointDataset(CocoDataset):
    """Objects with key points, from an annotation file in COCO's format.

    An instance has ``keypoints``, an array (K, 3) of x, y and COCO's flag (0 not
    labelled, 1 occluded, 2 visible), if at least one is labelled. COCO's coordinates
    are indices of pixels. As in detectron2, 0.5 is added, so that they are continuous
    like those of boxes. Labelled key points outside of the image count as not labelled;
    a warning states their number.

    The arguments are those of :class:`mmdet.datasets.CocoDataset`. With
    ``filter_cfg=dict(min_keypoints=1)``, images with fewer labelled key points are left
    out of the training. Other key points than those of COCO's people have their own
    ``metainfo``, with the keys of :data:`~.meta.COCO_PERSON`.

    Raises:
        UserError: If the key points of an object are of another number than in the
            metainfo, if many are outside of their image, if training data have none, or
            if ``flip_pairs`` gives no permutation.
    """

    METAINFO = COCO_PERSON

    def full_init(self) -> None:
        """Load the annotations, unless this has been done."""
        self.flip_indices = flip_indices(self._metainfo)
        super().full_init()

    def get_data_info(self, idx: int) -> dict:
        """Return the annotations of an image, and ``flip_indices``."""
        return dict(super().get_data_info(idx), flip_indices=self.flip_indices)

    def load_data_list(self) -> list[dict]:
        """Load the annotations of all images."""
        self._num_labelled, self._outside = 0, []
        images = super().load_data_list()
        if not (self._num_labelled or self.test_mode):
            raise UserError(
                f'{self.ann_file!r} has no object with a labelled key point: choose a '
                'file with the field "keypoints", such as '
                'person_keypoints_train2017.json.'
            )
        self._report_outside()
        return images

    def parse_data_info(self, raw_data_info: dict) -> dict:
        """Return the boxes, masks and key points of an image.

        Args:
            raw_data_info (dict): ``raw_img_info`` and ``raw_ann_info``.

        Returns:
            dict: That of MMDetection, whose instances have ``keypoints``.
        """
        parsed = super().parse_data_info(dict(raw_data_info, raw_ann_info=[]))
        for annotation in raw_data_info['raw_ann_info']:
            # One at a time, because MMDetection leaves out some objects.
            alone = dict(raw_data_info, raw_ann_info=[annotation])
            for instance in super().parse_data_info(alone)['instances']:
                size = parsed['width'], parsed['height']
                keypoints = self._keypoints(annotation, size)
                if keypoints[:, 2].any():
                    instance['keypoints'] = keypoints
                parsed['instances'].append(instance)
        return parsed

    def filter_data(self) -> list[dict]:
        """Return the images that ``filter_cfg`` keeps."""
        kept = super().filter_data()
        if self.test_mode or self.filter_cfg is None:
            return kept
        least = self.filter_cfg.get('min_keypoints', 0)
        return [image for image in kept if _num_labelled(image['instances']) >= least]

    def _keypoints(self, annotation: dict, size: tuple[int, int]) -> np.ndarray:
        """Return the key points (K, 3) of an annotation; size is width and height."""
        number = len(self._metainfo['keypoints'])
        values = annotation.get('keypoints') or 3 * number * [0]
        if len(values) != 3 * number:
            raise UserError(
                f'annotation {annotation["id"]} of {self.ann_file!r} has {len(values)} '
                f'values for its key points and not 3 for each of the {number} that '
                'the metainfo names: correct the file, or metainfo of the data set.'
            )
        keypoints = np.array(values, np.float32).reshape(number, 3)
        keypoints[:, :2] += 0.5
        labelled = keypoints[:, 2] > 0
        inside = ((keypoints[:, :2] >= 0) & (keypoints[:, :2] <= size)).all(1)
        self._num_labelled += int(labelled.sum())
        self._outside += int((labelled & ~inside).sum()) * [annotation['id']]
        keypoints[~(labelled & inside)] = 0
        return keypoints

    def _report_outside(self) -> None:
        """Raise an error for many key points outside of images, and warn of a few."""
        if not self._outside:
            return
        text = (
            f'{len(self._outside)} of {self._num_labelled} labelled key points of '
            f'{self.ann_file!r} are outside of their images, such as in annotation '
            f'{self._outside[0]}'
        )
        if len(self._outside) > MAX_OUTSIDE_SHARE * self._num_labelled:
            raise UserError(
                f'{text}: correct the file, whose coordinates are x and y in pixels.'
            )
        print_log(f'{text}: they count as not labelled.', 'current', logging.WARNING)


def _num_labelled(instances: Sequence[dict]) -> int:
    return sum(
        int((instance['keypoints'][:, 2] > 0).sum())
        for instance in instances
        if 'keypoints' in instance
    )
