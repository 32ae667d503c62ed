"""A Runner whose console shows progress alone."""

import logging
from datetime import timedelta
from typing import Any

from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from rich.console import Console
from rich.progress import Progress
from torch import nn

from .durable_runner import DurableRunner


class QuietRunner(DurableRunner):
    """A Runner that prints progress and errors only; the log file is complete."""

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build mmengine's logger and limit its console to errors."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.setLevel(logging.ERROR)
        return logger

    def train(self) -> nn.Module:
        """Train and show the progress."""
        self.register_hook(ProgressHook())
        return super().train()


class ProgressHook(Hook):
    """Show a progress bar in a terminal, and a line with the loss after each epoch."""

    def before_train(self, runner: Runner) -> None:
        """Start the progress bar."""
        console = Console(highlight=False)
        self.bar = Progress(console=console) if console.is_terminal else None
        self.print = console.print
        if self.bar is not None:
            self.task = self.bar.add_task(
                '  training', total=runner.max_iters, completed=runner.iter
            )
            self.bar.start()

    def before_train_epoch(self, runner: Runner) -> None:
        """Reset the losses."""
        self.losses: list[float] = []

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any, outputs: dict
    ) -> None:
        """Record the loss of a step."""
        self.losses.append(outputs['loss'].item())
        if self.bar is not None:
            self.bar.advance(self.task)

    def after_train_epoch(self, runner: Runner) -> None:
        """Print the mean loss of the epoch."""
        mean = sum(self.losses) / len(self.losses)
        left = timedelta(seconds=round(runner.message_hub.get_info('eta')))
        self.print(
            f'  epoch {runner.epoch + 1} of {runner.max_epochs}: loss {mean:.2f}, '
            f'{left} left'
        )

    def after_run(self, runner: Runner) -> None:
        """Stop the progress bar."""
        self._stop()

    def after_error(self, runner: Runner) -> None:
        """Stop the progress bar after an error or an interruption."""
        self._stop()

    def _stop(self) -> None:
        if getattr(self, 'bar', None) is not None:
            self.bar.stop()
