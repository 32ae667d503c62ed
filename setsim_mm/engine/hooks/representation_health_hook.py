"""Effective rank and spread of the features while any algorithm trains."""

from collections.abc import Iterator
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn

from setsim_mm.evaluation.frozen_backbone import last_feature_map
from setsim_mm.evaluation.health import effective_rank, feature_deviation
from setsim_mm.host import HOOKS, get_model

from .probe_hook import require_at_least


@HOOKS.register_module()
class RepresentationHealthHook(Hook):
    """Log figures that fall when a representation collapses, and warn when they do.

    Two figures, :func:`~setsim_mm.evaluation.health.effective_rank` and
    :func:`~setsim_mm.evaluation.health.feature_deviation`, at two levels: the vectors
    that the neck gives for images, and the positions of the neck's maps or, where it
    gives none, of the backbone's. They are those of the training batch of the first
    rank. The scalars are ``effective_rank``, ``feature_deviation``,
    ``dense_effective_rank`` and ``dense_feature_deviation``.

    Args:
        interval (int): Steps between two measurements. Defaults to 50.
        floor (float): A figure below this share of its first value is warned of, once.
            Defaults to 0.1.
        max_positions (int): Positions that count, drawn evenly from the batch. Defaults
            to 1024.

    Raises:
        ValueError: If a number is out of range.

    Examples:
        >>> custom_hooks = [dict(type='RepresentationHealthHook', interval=100)]
    """

    priority = 'LOW'

    def __init__(
        self, interval: int = 50, floor: float = 0.1, max_positions: int = 1024
    ) -> None:
        require_at_least(1, interval=interval)
        require_at_least(2, max_positions=max_positions)
        if not 0 < floor < 1:
            raise ValueError(f'floor must be between 0 and 1, but is {floor}')
        self.interval = interval
        self.floor = floor
        self.max_positions = max_positions
        self.first: dict[str, float] = {}
        self._warned: set[str] = set()
        self._watches = False
        self._features: dict[str, Tensor] = {}

    def before_train(self, runner: Runner) -> None:
        """Watch the outputs of backbone and neck.

        Args:
            runner (Runner): The runner.
        """
        if not is_main_process():
            return
        model = get_model(runner.model)
        model.backbone.register_forward_hook(self._watch_backbone)
        if isinstance(getattr(model, 'neck', None), nn.Module):
            model.neck.register_forward_hook(self._watch_neck)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Start watching in the first step and every ``interval`` steps."""
        self._watches = runner.iter % self.interval == 0
        self._features.clear()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Log the figures, and warn of those that have fallen."""
        if not self._watches or not self._features:
            return
        self._watches = False
        scalars = dict(self._figures())
        for name, value in scalars.items():
            runner.message_hub.update_scalar(name, value)
        runner.visualizer.add_scalars(scalars, step=runner.iter + 1)
        for name, value in scalars.items():
            first = self.first.setdefault(name, value)
            if value < self.floor * first and name not in self._warned:
                self._warned.add(name)
                runner.logger.warning(
                    f'{name} has fallen to {value:.3g} from {first:.3g} at step '
                    f'{runner.iter + 1}: the representation collapses. Check the '
                    'stop-gradient, the learning rate and the augmentations.'
                )

    def _figures(self) -> Iterator[tuple[str, float]]:
        for level, prefix in (('image', ''), ('dense', 'dense_')):
            features = self._features.get(level)
            if features is None or len(features) < 2:
                continue
            yield f'{prefix}effective_rank', effective_rank(features)
            yield f'{prefix}feature_deviation', feature_deviation(features)

    @torch.no_grad()
    def _watch_backbone(self, _: nn.Module, __: tuple, output: Any) -> None:
        if self._watches and 'dense' not in self._features:
            self._keep_map(last_feature_map(output))

    @torch.no_grad()
    def _watch_neck(self, _: nn.Module, __: tuple, output: Any) -> None:
        if not self._watches or 'image' in self._features:
            return
        outputs = output if isinstance(output, tuple | list) else [output]
        vectors = [part for part in outputs if part.dim() == 2]
        maps = [part for part in outputs if part.dim() > 2]
        if vectors:
            self._features['image'] = vectors[0].detach().float()
        if maps:
            self._keep_map(maps[0])

    def _keep_map(self, features: Tensor) -> None:
        """Keep evenly drawn positions of maps, (N, D, ...)."""
        positions = features.detach().float().flatten(2).transpose(1, 2).flatten(0, 1)
        step = max(1, -(-len(positions) // self.max_positions))
        self._features['dense'] = positions[::step]
