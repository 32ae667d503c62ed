"""mmengine's training loops that stop between steps and resume exactly there."""

import json
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.logging import print_log
from mmengine.runner import (
    EpochBasedTrainLoop,
    IterBasedTrainLoop,
    Runner,
    ValLoop,
)
from torch import nn
from torch.utils.data import DataLoader

from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.random_state import seed_of_rank_0, seed_step
from setsim_mm.utils.stop_request import StopRequest
from setsim_mm.utils.work_dir import EVALUATION

from ..hooks.durable_checkpoint_hook import DurableCheckpointHook
from .dataloader import build_resumable_dataloader


class DurableLoop:
    """Mixin of the training loops; the other base class is mmengine's loop.

    Attributes:
        endless (bool): Whether the data loader starts again after its last batch.
    """

    endless: bool

    def __init__(self, runner: Runner, dataloader: dict, **kwargs: Any) -> None:
        loader = build_resumable_dataloader(
            dataloader, seed_of_rank_0(runner), self.endless
        )
        super().__init__(runner, _Unstarted(loader), **kwargs)
        self.dataloader = loader
        self.stop = StopRequest()

    def run(self) -> nn.Module:
        """Train to the end, or until a signal arrives.

        Returns:
            nn.Module: The trained model.

        Raises:
            Terminated: After SIGTERM and saving a checkpoint.
            KeyboardInterrupt: After Ctrl-C and saving a checkpoint.
        """
        with self.stop:
            self.runner.call_hook('before_train')
            # A resumed run uses the seed of its checkpoint.
            self.dataloader.batch_sampler.sampler.set_seed(seed_of_rank_0(self.runner))
            if self._may_lack_evaluation() and not self._is_evaluated():
                self._evaluate_if_due()
            self._run_steps()
            self.runner.call_hook('after_train')
        return self.runner.model

    def run_iter(self, *args: Any) -> None:
        """Train one step, with the arguments of mmengine's loop."""
        seed_step(seed_of_rank_0(self.runner), self._iter, self.runner.rank)
        super().run_iter(*args)
        self.stop_if_asked()

    def stop_if_asked(self) -> None:
        """Save a checkpoint and end the run if any rank received a signal."""
        if not self.stop.agreed():
            return
        for hook in self.runner.hooks:
            if isinstance(hook, DurableCheckpointHook):
                hook.save_interim(self.runner)
        self.stop.end_run()

    @abstractmethod
    def _run_steps(self) -> None:
        """Train and evaluate until the end."""

    def _evaluate_if_due(self) -> None:
        """Evaluate if the schedule has an evaluation after the current step."""
        loop, done = self.runner.val_loop, self._position()
        self._decide_current_val_interval()
        if (
            loop is not None
            and done >= self.val_begin
            and (done % self.val_interval == 0 or self._iter == self._max_iters)
        ):
            metrics = loop.run()
            if is_main_process():
                record = dict(iter=self._iter, metrics=metrics)
                write_text_whole(
                    Path(self.runner.work_dir, EVALUATION),
                    json.dumps(record, default=float, indent=1),
                )

    def _is_evaluated(self) -> bool:
        """Return whether the evaluation after the current step was completed."""
        try:
            record = json.loads(Path(self.runner.work_dir, EVALUATION).read_text())
            return record['iter'] == self._iter
        except (OSError, ValueError, KeyError, TypeError):
            return False

    @abstractmethod
    def _position(self) -> int:
        """Return the number of steps, or epochs, that the schedule counts."""

    @abstractmethod
    def _may_lack_evaluation(self) -> bool:
        """Return whether an evaluation may be missing after resuming."""


class DurableEpochLoop(DurableLoop, EpochBasedTrainLoop):
    """mmengine's ``EpochBasedTrainLoop`` that can resume within an epoch."""

    endless = False

    def _run_steps(self) -> None:
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            self._evaluate_if_due()

    def run_epoch(self) -> None:
        """Train the remaining steps of an epoch."""
        done = self._iter - self._epoch * len(self.dataloader)
        if done > 0:
            print_log(f'Resuming the epoch after {done} steps.', logger='current')
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        self.dataloader.batch_sampler.sampler.set_epoch(self._epoch)
        self.dataloader.batch_sampler.skip = done
        for idx, data_batch in enumerate(self.dataloader, done):
            self.run_iter(idx, data_batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def _position(self) -> int:
        return self._epoch

    def _may_lack_evaluation(self) -> bool:
        return 0 < self._iter == self._epoch * len(self.dataloader)


class DurableIterLoop(DurableLoop, IterBasedTrainLoop):
    """mmengine's ``IterBasedTrainLoop`` that resumes without reading old batches."""

    endless = True

    def _run_steps(self) -> None:
        self.runner.call_hook('before_train_epoch')
        self.dataloader.batch_sampler.skip = self._iter
        batches = iter(self.dataloader)
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            self.run_iter(next(batches))
            self._evaluate_if_due()
        self.runner.call_hook('after_train_epoch')

    def _position(self) -> int:
        return self._iter

    def _may_lack_evaluation(self) -> bool:
        return self._iter > 0


class DurableValLoop(ValLoop):
    """mmengine's ``ValLoop`` that stops between batches after a signal."""

    def run_iter(self, *args: Any) -> None:
        """Evaluate one batch, with the arguments of mmengine's loop."""
        super().run_iter(*args)
        training = self.runner._train_loop
        if isinstance(training, DurableLoop):
            training.stop_if_asked()


class _Unstarted:
    """Data loader whose workers mmengine's loop cannot start at construction."""

    def __init__(self, loader: DataLoader) -> None:
        self.loader = loader

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator:
        return iter(())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)
