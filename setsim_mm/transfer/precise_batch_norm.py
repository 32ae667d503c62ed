"""BatchNorm statistics recomputed before an evaluation, as detectron2 does."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from setsim_mm.engine.runner.dataloader import build_resumable_dataloader
from setsim_mm.host import HOOKS, get_model
from setsim_mm.utils.random_state import (
    STATISTICS,
    derived_seed,
    fixed_random_state,
    seed_of_rank_0,
)

# The arguments of the training's loader that decide which images are in a batch.
BATCHES = ('batch_size', 'sampler', 'batch_sampler', 'drop_last', 'collate_fn')


@torch.no_grad()
def recompute_batch_norm(
    model: nn.Module, batches: Iterable, forward: Callable[[Any], Any]
) -> None:
    """Replace the running statistics of BatchNorm by those of some batches.

    The mean and the variance of a layer are computed over its inputs in all batches of
    all ranks, with fixed weights. Layers in evaluation mode and layers without input
    keep their statistics.

    Args:
        model (nn.Module): A model in training mode, so that each batch is normalised
            by its own statistics.
        batches (Iterable): Batches, the same number on every rank.
        forward (Callable): Runs the model on a batch.
    """
    layers = [
        module
        for module in model.modules()
        if isinstance(module, _BatchNorm)
        and module.training
        and module.track_running_stats
    ]
    moments = {layer: layer.running_mean.new_zeros(()) for layer in layers}
    counters = [layer.num_batches_tracked.clone() for layer in layers]

    def add(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        moments[layer] = moments[layer] + _moments(inputs[0])

    handles = [layer.register_forward_pre_hook(add) for layer in layers]
    try:
        for batch in batches:
            forward(batch)
    finally:
        for handle in handles:
            handle.remove()
    for layer, counter in zip(layers, counters, strict=True):
        layer.num_batches_tracked.copy_(counter)
        total = moments[layer].double().expand(3, layer.num_features).contiguous()
        all_reduce(total)
        count, sums, squares = total
        if count[0] > 0:
            mean = sums / count
            layer.running_mean.copy_(mean)
            layer.running_var.copy_((squares / count - mean**2).clamp(min=0))


def _moments(features: Tensor) -> Tensor:
    """Return count, sum and sum of squares of each channel, (3, C) in float64."""
    dims = [dim for dim in range(features.dim()) if dim != 1]
    count = features.numel() // features.shape[1]
    if count == 0:
        return features.new_zeros(3, features.shape[1], dtype=torch.float64)
    # Two passes in float32; only their results are float64.
    variance, mean = torch.var_mean(features.float(), dims, correction=0)
    variance, mean = variance.double(), mean.double()
    ones = torch.ones_like(mean)
    return count * torch.stack([ones, mean, variance + mean**2])


@HOOKS.register_module()
class PreciseBatchNormHook(Hook):
    """Recompute the BatchNorm statistics of a detector before each evaluation.

    It is detectron2's ``PreciseBN`` hook (``TEST.PRECISE_BN``). Before an evaluation,
    and before a checkpoint of that iteration is saved, the detector runs in training
    mode on ``num_batches`` batches of training images, without gradients and in
    float32. Every BatchNorm gets the statistics of its inputs. The hook has its own
    data loader. The order of the training images, the optimizer and the random state do
    not change. The images depend only on the seed and the iteration, so that a resumed
    run computes the same statistics.

    MMClassification's ``PreciseBNHook`` does not fit detectors:

    - It uses the training loader, whose workers a second iterator restarts.
    - It runs at an interval and not before evaluations.
    - It calls the model in ``'tensor'`` mode, in which the heads of a two-stage
      detector get the proposals of testing, not the regions sampled for training.

    Args:
        num_batches (int): Number of batches on each rank. Defaults to 200, detectron2's
            ``TEST.PRECISE_BN.NUM_ITER``.

    Raises:
        ValueError: If ``num_batches`` is not positive.
    """

    priority = 'LOW'  # before CheckpointHook, which saves the statistics

    def __init__(self, num_batches: int = 200) -> None:
        if num_batches < 1:
            raise ValueError(f'num_batches must be at least 1, but is {num_batches}')
        self.num_batches = num_batches

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Recompute the statistics if an evaluation follows.

        Args:
            runner (Runner): The runner of the training process.
            batch_idx (int): Not used.
            data_batch (Any): Not used.
            outputs (dict, optional): Not used.
        """
        loop = runner.train_loop
        if isinstance(loop, IterBasedTrainLoop):
            self._recompute_if_due(runner, loop.iter + 1, loop.max_iters)

    def after_train_epoch(self, runner: Runner) -> None:
        """Recompute the statistics if an evaluation follows.

        Args:
            runner (Runner): The runner of the training process.
        """
        loop = runner.train_loop
        if isinstance(loop, EpochBasedTrainLoop):
            self._recompute_if_due(runner, loop.epoch + 1, loop.max_epochs)

    def _recompute_if_due(self, runner: Runner, done: int, last: int) -> None:
        """Recompute the statistics at the end and when mmengine's loops evaluate."""
        loop = runner.train_loop
        loop._decide_current_val_interval()
        if done == last or (
            runner.val_loop is not None
            and done >= loop.val_begin
            and done % loop.val_interval == 0
        ):
            self._recompute(runner)

    def _recompute(self, runner: Runner) -> None:
        runner.logger.info(
            f'Recomputing BatchNorm statistics from {self.num_batches} batches.'
        )
        model = get_model(runner.model)
        seed = derived_seed(seed_of_rank_0(runner), STATISTICS, runner.iter) % 2**32

        def forward(batch: Any) -> None:
            model(**model.data_preprocessor(batch, True), mode='loss')

        with fixed_random_state((seed + runner.rank) % 2**32):
            recompute_batch_norm(model, self._batches(runner, seed), forward)

    def _batches(self, runner: Runner, seed: int) -> Iterator:
        """Load batches of training images in their own order."""
        training = runner._train_dataloader
        loader = build_resumable_dataloader(
            {name: training[name] for name in BATCHES if name in training}
            | dict(dataset=runner.train_dataloader.dataset),
            seed,
            endless=True,
        )
        return islice(loader, self.num_batches)
