"""Watching correspondence precision while any algorithm trains."""

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmselfsup.registry import DATASETS, HOOKS
from mmselfsup.utils import get_model
from torch import Tensor, nn

from setsim_mm.evaluation import (
    CorrespondenceCount,
    ViewPairs,
    backbone_correspondence_precision,
    cut_view_pairs,
)


@HOOKS.register_module()
class CorrespondencePrecisionHook(Hook):
    """Log correspondence precision before training and every few epochs.

    See :func:`~setsim_mm.evaluation.correspondence_precision` for what it is. The
    views are cut once, with a seed of their own, so that every epoch, and every run
    on the same images, is measured on the same ones. Training goes on as if the hook
    were not there: random state, modes of the modules and data set stay untouched.

    ``correspondence_precision`` and ``correspondence_chance`` go to the log, to the
    message hub and to the visualizer (``vis_data/scalars.json``), where ``step`` is
    the number of iterations done. On several ranks each measures its share.

    Args:
        interval (int): Epochs between two measurements; the last epoch is always
            measured. Defaults to 1.
        num_images (int): Images over all ranks; all of a smaller data set. Their
            views are kept in memory as bytes, 77 MB for 256 images with two views of
            224 px. Defaults to 256.
        batch_size (int): Images that the backbone reads at once. Defaults to 32.
        seed (int): Chooses the images and the views. Defaults to 0.
        dataset (dict, optional): Config of the data set whose pipeline gives two
            views with boxes. Defaults to None, the training set.

    Raises:
        ValueError: If a number is out of range.

    Examples:
        >>> custom_hooks = [dict(type='CorrespondencePrecisionHook', interval=5)]
    """

    priority = 'NORMAL'  # before CheckpointHook, which stores the message hub

    def __init__(
        self,
        interval: int = 1,
        num_images: int = 256,
        batch_size: int = 32,
        seed: int = 0,
        dataset: dict | None = None,
    ) -> None:
        for name, value, least in (
            ('interval', interval, 1),
            ('num_images', num_images, 1),
            ('batch_size', batch_size, 1),
            ('seed', seed, 0),
        ):
            if value < least:
                raise ValueError(f'{name} must be at least {least}, but is {value}')
        self.interval = interval
        self.num_images = num_images
        self.batch_size = batch_size
        self.seed = seed
        self.dataset = dataset
        self._pairs: ViewPairs | None = None

    def before_train(self, runner: Runner) -> None:
        """Cut the views and, unless a run is resumed, measure the untrained network.

        Args:
            runner (Runner): The runner of the training process.

        Raises:
            ValueError: If the pipeline does not give two views with their boxes.
        """
        if self.dataset is None:
            dataset = runner.train_dataloader.dataset
        else:
            dataset = DATASETS.build(self.dataset)
        self._pairs = cut_view_pairs(dataset, self.num_images, self.seed)
        if runner.iter == 0:
            self._measure_and_log(runner, epochs_done=0)

    def after_train_epoch(self, runner: Runner) -> None:
        """Measure at the end of every ``interval``-th epoch and of the last one.

        Args:
            runner (Runner): The runner of the training process.
        """
        if self.every_n_epochs(runner, self.interval) or self.is_last_train_epoch(
            runner
        ):
            self._measure_and_log(runner, epochs_done=runner.epoch + 1)

    def _measure_and_log(self, runner: Runner, epochs_done: int) -> None:
        """Measure on all ranks and say so everywhere."""
        count = self._measure(get_model(runner.model))
        if count.positions == 0:
            runner.logger.warning(
                'correspondence precision: nothing to measure, no two views of an '
                'image overlap'
            )
            return
        scalars = dict(
            correspondence_precision=count.precision,
            correspondence_chance=count.chance,
        )
        runner.logger.info(
            f'correspondence precision after {epochs_done} epochs: '
            f'{count.precision:.4f} (chance {count.chance:.4f}, '
            f'{count.positions:.0f} positions)'
        )
        # Not under 'train/', whose scalars LoggerHook repeats with every line.
        runner.message_hub.update_scalars(scalars)
        runner.visualizer.add_scalars(
            dict(**scalars, epoch=epochs_done), step=runner.iter
        )

    def _measure(self, model: nn.Module) -> CorrespondenceCount:
        """Count over the views of all ranks."""

        def preprocess(views: list[Tensor]) -> list[Tensor]:
            return model.data_preprocessor(dict(inputs=views, data_samples=[]))[0]

        count = backbone_correspondence_precision(
            model.backbone, self._pairs, preprocess, self.batch_size
        )
        counts = torch.tensor(
            [count.positions, count.hits, count.chance_hits], dtype=torch.float64
        )
        all_reduce(counts)
        return CorrespondenceCount(*counts.tolist())
