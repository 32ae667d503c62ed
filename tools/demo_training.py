"""The demo's training, whose console shows progress alone, and its pictures."""

import logging
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from rich.console import Console
from rich.progress import Progress

from setsim_mm.engine.runner import DurableRunner
from setsim_mm.evaluation import cut_view_pairs
from setsim_mm.host import DATASETS
from setsim_mm.utils import keep_freed_memory
from setsim_mm.visualization import draw_contact_sheet, match_views

PICTURE_SIZE = 192  # pixels of the drawn views, which are larger than those of training
PICTURE_SEED = 0


class QuietRunner(DurableRunner):
    """A Runner that prints errors only; the log file is complete."""

    def build_logger(self, *args, **kwargs) -> MMLogger:
        """Build mmengine's logger and limit its console to errors."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.setLevel(logging.ERROR)
        return logger


class ProgressHook(Hook):
    """Show a progress bar in a terminal, and a line with the loss after each epoch."""

    def before_train(self, runner: Runner) -> None:
        """Start the progress bar."""
        console = Console(highlight=False)
        self.bar = Progress(console=console) if console.is_terminal else None
        self.print = console.print
        if self.bar is not None:
            self.task = self.bar.add_task('  training', total=runner.max_iters)
            self.bar.start()

    def before_train_epoch(self, runner: Runner) -> None:
        """Reset the losses."""
        self.losses = []

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
        left = round(runner.message_hub.get_info('eta'))  # IterTimerHook's
        self.print(
            f'  epoch {runner.epoch + 1} of {runner.max_epochs}: loss {mean:.2f}, '
            f'{left // 60}:{left % 60:02} left'
        )

    def after_run(self, runner: Runner) -> None:
        """Stop the progress bar."""
        if self.bar is not None:
            self.bar.stop()


def pre_train(cfg: Config) -> QuietRunner:
    """Train with a config."""
    print('Pre-training SetSim with a small ResNet on small views.')
    with warnings.catch_warnings():
        # The libraries' warnings concern their developers.
        warnings.simplefilter('ignore')
        keep_freed_memory()
        runner = QuietRunner.from_cfg(cfg)
        runner.register_hook(ProgressHook())
        runner.train()
    return runner


def draw_sets(runner: QuietRunner, path: Path) -> None:
    """Draw the sets that correspond in views of three images."""
    dataset = deepcopy(runner.cfg.train_dataloader.dataset)
    dataset.pipeline[1].transforms[0][0].size = PICTURE_SIZE
    pairs = cut_view_pairs(DATASETS.build(dataset), num_images=3, seed=PICTURE_SEED)
    matches = match_views(runner.model, pairs.images, pairs.boxes)
    draw_contact_sheet(matches).savefig(path)
