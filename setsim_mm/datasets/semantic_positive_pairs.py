"""Images without labels, united with pairs of different images that look alike."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dataset import Compose

from setsim_mm.host import DATASETS
from setsim_mm.utils.errors import UserError

from .pair_file import read_pairs
from .transforms import MultiViewWithBoxes
from .unlabeled_images import UnlabeledImages


@DATASETS.register_module()
class SemanticPositivePairs(UnlabeledImages):
    """Data set of SePP-ID (arXiv:2306.16122): images, and semantic positive pairs.

    The first ``num_images`` samples are two views of one image each, as in
    :class:`UnlabeledImages`. Each of the others is a pair: the first view is cut from
    its anchor and the second from its positive, by the same transforms. The box of the
    second view is then :data:`~.transforms.OTHER_IMAGE`, since two images have no
    common coordinates.

    If an image of a pair is unreadable, an ordinary sample replaces the pair.

    Args:
        *args (Any): Arguments of :class:`UnlabeledImages`.
        pairs: File of pairs from ``tools/sample_semantic_pairs.py``, relative to the
            working directory. It names images by their paths in ``data_prefix``.
        **kwargs (Any): Arguments of :class:`UnlabeledImages`. With ``indices``, only
            pairs with both images in that part of the data are used.

    Raises:
        UserError: If the file of pairs is missing, damaged or empty, or names images
            that the data set does not have, or if the pipeline does not cut two views
            with :class:`MultiViewWithBoxes`.

    Examples:
        >>> imagenet = SemanticPositivePairs(
        ...     data_root='data/imagenet',
        ...     data_prefix='train',
        ...     pairs='data/semantic_pairs.csv',
        ...     pipeline=pipeline)
    """

    def __init__(self, *args: Any, pairs: str, **kwargs: Any) -> None:
        self.pair_file = os.path.expanduser(pairs)
        self.pairs = np.empty((0, 2), dtype=np.int64)  # anchor, positive
        super().__init__(*args, **kwargs)
        self._stages()  # an error now and not in a worker

    def full_init(self) -> None:
        """Find the images and read the pairs at the first call."""
        if not self._fully_initialized:
            super().full_init()
            if self._indices is not None:
                self.pairs = self._pairs_within(self._indices, self._num_found)

    def load_data_list(self) -> list[dict]:
        """Return ``dict(img_path=...)`` for each image, and find those of the pairs."""
        data_list = super().load_data_list()
        self._num_found = len(data_list)
        found = read_pairs(self.pair_file)
        index = {name: i for i, name in enumerate(self.image_names(data_list))}
        names = [*found.anchors, *found.positives]
        missing = sorted({name for name in names if name not in index})
        if missing:
            raise UserError(
                f'{len(missing)} images in the pairs of {self.pair_file!r} are not '
                f'among the {len(index)} of the data set, such as {missing[0]!r}: '
                'sample pairs from this data set, or correct data_root, data_prefix '
                'or classes.'
            )
        numbers = np.array([index[name] for name in names], dtype=np.int64)
        self.pairs = numbers.reshape(2, -1).T.copy()  # P, 2
        return data_list

    def __len__(self) -> int:
        return self.num_images + len(self.pairs)

    def get_data_info(self, idx: int) -> dict:
        """Return the path of an image, or those of a pair."""
        idx = range(len(self))[idx]
        if idx < self.num_images:
            return super().get_data_info(idx)
        anchor, positive = self.pairs[idx - self.num_images].tolist()
        info = super().get_data_info(anchor)
        info['positive_path'] = super().get_data_info(positive)['img_path']
        return info

    def prepare_data(self, idx: int) -> dict | None:
        """Return two views of an image, or one view of each image of a pair.

        Returns:
            See :meth:`UnlabeledImages.prepare_data`.
        """
        idx = range(len(self))[idx]
        if idx < self.num_images:
            return super().prepare_data(idx)
        load, views, pack = self._stages()
        images = []
        for image in self.pairs[idx - self.num_images].tolist():
            loaded = self._apply(load, image)
            if loaded is None:
                return None
            images.append(loaded)
        return pack(views.views_of(images))

    def _stages(self) -> tuple[Compose, MultiViewWithBoxes, Compose]:
        """Split the pipeline before and after the transform that cuts the views."""
        transforms = self.pipeline.transforms
        places = [
            place
            for place, transform in enumerate(transforms)
            if isinstance(transform, MultiViewWithBoxes)
        ]
        if len(places) != 1 or len(transforms[places[0]].transforms) != 2:
            raise UserError(
                'semantic pairs need a pipeline that cuts two views: use one '
                'MultiViewWithBoxes, with num_views=2.'
            )
        (place,) = places
        load, pack = Compose(transforms[:place]), Compose(transforms[place + 1 :])
        return load, transforms[place], pack

    def get_subset_(self, indices: Sequence[int] | int) -> None:
        """Keep only a part of the images, and the pairs within it."""
        number = self.num_images
        super().get_subset_(indices)
        self.pairs = self._pairs_within(indices, number)

    def get_subset(self, indices: Sequence[int] | int) -> 'SemanticPositivePairs':
        """Return a data set with a part of the images and the pairs within it."""
        subset = super().get_subset(indices)
        subset.pairs = self._pairs_within(indices, self.num_images)
        return subset

    def _pairs_within(self, indices: Sequence[int] | int, number: int) -> np.ndarray:
        """Return the pairs within a part of ``number`` images, by their indices in it.

        Args:
            indices: As in mmengine's ``BaseDataset.get_subset``.
            number: Images before.
        """
        images = np.arange(number)
        if not isinstance(indices, int):
            images = images[list(indices)]
        else:
            images = images[:indices] if indices >= 0 else images[indices:]
        place = np.full(number, -1, dtype=np.int64)
        place[images] = np.arange(len(images))
        pairs = place[self.pairs]
        return pairs[(pairs >= 0).all(axis=1)]
