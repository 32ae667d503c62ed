"""Log the accuracy of the image-level pretext task."""

from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.host import HOOKS, get_model
from setsim_mm.models.heads import SetSimHead


@HOOKS.register_module()
class PretextAccuracyHook(Hook):
    """Log the share of queries that are closer to their key than to all in the queue.

    The share is computed at the image level of SetSim, MoCo and DenseCL, in training
    mode, over the last ``steps`` steps of each epoch. The scalar is
    ``pretext_accuracy``, in percent.

    Args:
        steps (int): Number of steps of an epoch that are counted. Defaults to 50.
    """

    priority = 'LOW'

    def __init__(self, steps: int = 50) -> None:
        self.steps = steps
        self._solved: list[Tensor] = []
        self._counts = False
        self._images = 0

    def before_run(self, runner: Runner) -> None:
        """Register a forward pre-hook on the head.

        Raises:
            ValueError: If the algorithm has no queue of image keys, or training is not
                by epochs.
        """
        model = get_model(runner.model)
        if not isinstance(runner.train_loop, EpochBasedTrainLoop):
            raise ValueError(
                'PretextAccuracyHook counts by epochs: set train_cfg to an '
                'EpochBasedTrainLoop, or remove the hook.'
            )
        if not hasattr(model, 'queue_len') and not hasattr(model, 'image_queue'):
            raise ValueError(
                f'PretextAccuracyHook needs an algorithm with a queue, and '
                f'{type(model).__name__} has none: remove the hook.'
            )
        model.head.register_forward_pre_hook(self._watch)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Start counting in the last ``steps`` steps of an epoch."""
        self._counts = batch_idx >= len(runner.train_dataloader) - self.steps
        self._images = len(data_batch['inputs'][0])

    def after_train_epoch(self, runner: Runner) -> None:
        """Log the share of the epoch."""
        self._counts = False
        if not self._solved:
            return
        solved = torch.cat(self._solved)
        counts = torch.stack([solved.sum(), solved.new_ones(()) * len(solved)])
        all_reduce(counts)
        self._solved = []
        share = 100 * float(counts[0] / counts[1])
        runner.logger.info(
            f'Pretext accuracy in epoch {runner.epoch + 1}: {share:.2f} % of '
            f'{int(counts[1])} images'
        )
        runner.message_hub.update_scalar('pretext_accuracy', share)
        runner.visualizer.add_scalars(
            dict(pretext_accuracy=share, epoch=runner.epoch + 1), step=runner.iter
        )

    @torch.no_grad()
    def _watch(self, head: Any, inputs: tuple) -> None:
        """Forward pre-hook: count with the inputs of the head."""
        if not self._counts:
            return
        # Further calls, and images beyond the batch, are the other direction of SetSim
        # and the pixels of DenseCL.
        self._counts = False
        # In half precision a positive and a negative are often equal.
        with torch.autocast(inputs[-1].device.type, enabled=False):
            positive, negative = _similarities(head, inputs, self._images)
            solved = positive > negative.max(dim=1).values
        self._solved.append(solved.double())


def _similarities(head: nn.Module, inputs: tuple, images: int) -> tuple[Tensor, Tensor]:
    """Return similarities of queries with their keys, (N,), and the queue, (N, K)."""
    if not isinstance(head, SetSimHead):
        return inputs[0][:, 0].float(), inputs[1].float()
    query, key = (
        F.normalize(view.image_projection[:images].float()) for view in inputs[:2]
    )
    return (query * key).sum(dim=1), query @ inputs[3].float()
