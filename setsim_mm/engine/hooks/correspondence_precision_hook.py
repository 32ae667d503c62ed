"""Measure correspondence precision during training."""

import torch
from mmengine.dist import all_reduce
from mmengine.runner import Runner
from torch import Tensor

from setsim_mm.evaluation import (
    CorrespondenceCount,
    ViewPairs,
    backbone_correspondence_precision,
    cut_view_pairs,
)
from setsim_mm.host import DATASETS, HOOKS, get_model
from setsim_mm.models.utils import preprocess

from .probe_hook import Measurement, ProbeHook, require_at_least


@HOOKS.register_module()
class CorrespondencePrecisionHook(ProbeHook):
    """Log correspondence precision before training and every few epochs.

    See :func:`~setsim_mm.evaluation.correspondence_precision`. The views are cut once,
    with their own seed: every epoch, and every run on the same images, is measured on
    the same views. The training set is not changed. The scalars are
    ``correspondence_precision`` and ``correspondence_chance``. Each rank measures its
    share.

    Args:
        num_images (int): Images over all ranks; all of a smaller data set. Their
            views are kept in memory, 77 MB for 256 images with two views of 224 px in
            8-bit RGB. Defaults to 256.
        batch_size (int): Batch size of the backbone. Defaults to 32.
        seed (int): Selects the images and the views. Defaults to 0.
        dataset (dict, optional): Config of a data set whose pipeline returns two views
            with boxes. Defaults to None, the training set.
        **kwargs: ``interval`` and ``initial`` of :class:`ProbeHook`.

    Raises:
        ValueError: If a number is out of range. At the start of training, if the
            pipeline does not return two views with boxes.

    Examples:
        >>> custom_hooks = [dict(type='CorrespondencePrecisionHook', interval=5)]
    """

    title = 'correspondence precision'

    def __init__(
        self,
        num_images: int = 256,
        batch_size: int = 32,
        seed: int = 0,
        dataset: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        require_at_least(1, num_images=num_images, batch_size=batch_size)
        require_at_least(0, seed=seed)
        self.num_images = num_images
        self.batch_size = batch_size
        self.seed = seed
        self.dataset = dataset
        self._pairs: ViewPairs | None = None

    def prepare(self, runner: Runner) -> None:
        """Cut the views."""
        if self.dataset is None:
            dataset = runner.train_dataloader.dataset
        else:
            dataset = DATASETS.build(self.dataset)
        self._pairs = cut_view_pairs(dataset, self.num_images, self.seed)

    def measure(self, runner: Runner, epochs_done: int) -> Measurement | None:
        """Compute the precision over the views of all ranks."""
        model = get_model(runner.model)

        def normalize(views: list[Tensor]) -> list[Tensor]:
            data = dict(inputs=views, data_samples=[])
            return preprocess(model.data_preprocessor, data)[0]

        count = backbone_correspondence_precision(
            model.backbone, self._pairs, normalize, self.batch_size
        )
        counts = torch.tensor(
            [count.positions, count.hits, count.chance_hits], dtype=torch.float64
        )
        all_reduce(counts)
        count = CorrespondenceCount(*counts.tolist())
        if count.positions == 0:
            runner.logger.warning(
                'correspondence precision is not defined: no two views of an image '
                'overlap'
            )
            return None
        return Measurement(
            dict(
                correspondence_precision=count.precision,
                correspondence_chance=count.chance,
            ),
            f'{count.precision:.4f} (chance {count.chance:.4f}, '
            f'{count.positions:.0f} positions)',
        )
