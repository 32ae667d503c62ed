"""Log without stopping training when the disk is full."""

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
    """mmengine's ``LoggerHook`` that ignores write errors after one message.

    Args:
        **kwargs (Any): Arguments of mmengine's hook.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.has_reported = False

    def before_run(self, runner: Runner) -> None:
        """Prepare the log files."""
        super().before_run(runner)
        for handler in runner.logger.handlers:
            if isinstance(handler, logging.FileHandler):
                # The default prints a traceback for every lost line.
                handler.handleError = lambda record: self._report(sys.exc_info()[1])

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
            self._report(error)

    def _report(self, error: BaseException | None) -> None:
        if not self.has_reported:
            self.has_reported = True
            print(
                f'The log files cannot be written ({error}); training continues.',
                file=sys.stderr,
                flush=True,
            )
