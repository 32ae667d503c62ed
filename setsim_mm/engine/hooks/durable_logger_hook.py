"""Logging that a full disk does not turn into a failure of the training."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.hooks import LoggerHook
from mmengine.runner import Runner

from setsim_mm.host import HOOKS


@HOOKS.register_module()
class DurableLoggerHook(LoggerHook):
    """mmengine's ``LoggerHook``, which skips what the disk refuses, and says so once.

    Args:
        **kwargs (Any): As for mmengine's hook.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.told = False

    def before_run(self, runner: Runner) -> None:
        """Prepare the log files."""
        super().before_run(runner)
        for handler in runner.logger.handlers:
            if isinstance(handler, logging.FileHandler):
                # Its own prints a traceback for every line that is lost.
                handler.handleError = lambda record: self._tell(sys.exc_info()[1])

    def after_train_iter(self, *args: Any, **kwargs: Any) -> None:
        """Log the training."""
        with self._without_failing():
            super().after_train_iter(*args, **kwargs)

    def after_val_epoch(self, *args: Any, **kwargs: Any) -> None:
        """Log the validation."""
        with self._without_failing():
            super().after_val_epoch(*args, **kwargs)

    @contextmanager
    def _without_failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._tell(error)

    def _tell(self, error: BaseException | None) -> None:
        if not self.told:
            self.told = True
            print(
                f'The log files cannot be written ({error}); the training goes on.',
                file=sys.stderr,
                flush=True,
            )
