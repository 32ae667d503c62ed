"""mmengine's Runner with exact resuming and atomic checkpoints."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook, LoggerHook
from mmengine.logging import MMLogger
from mmengine.runner import (
    BaseLoop,
    EpochBasedTrainLoop,
    IterBasedTrainLoop,
    Runner,
    ValLoop,
)
from torch import Tensor, nn

from setsim_mm.host import RUNNERS
from setsim_mm.utils.durable_files import require_room, written_whole
from setsim_mm.utils.resuming import newest_whole_checkpoint
from setsim_mm.utils.work_dir import lock_work_dir, require_unused, unlock_work_dir

from ..hooks.bounded_history_hook import BoundedHistoryHook
from ..hooks.broken_numbers_hook import BrokenNumbersHook
from ..hooks.durable_checkpoint_hook import DurableCheckpointHook
from ..hooks.durable_logger_hook import DurableLoggerHook
from ..hooks.provenance_hook import ProvenanceHook
from ..queue_length import fit_queue
from .dataloader import build_dataset
from .formatted_config import FormattedOnce
from .loops import DurableEpochLoop, DurableIterLoop, DurableLoop, DurableValLoop
from .terminal import shorten_terminal

# Replacements of mmengine's classes, with the same arguments.
DURABLE_LOOPS = {
    EpochBasedTrainLoop: DurableEpochLoop,
    IterBasedTrainLoop: DurableIterLoop,
    ValLoop: DurableValLoop,
}
DURABLE_HOOKS = {CheckpointHook: DurableCheckpointHook, LoggerHook: DurableLoggerHook}
# Additional default hooks. A config changes them, or removes them with None, by these
# names.
GUARDS = dict(
    broken_numbers=dict(type=BrokenNumbersHook),
    bounded_history=dict(type=BoundedHistoryHook),
    provenance=dict(type=ProvenanceHook),
)
DEFAULT_HOOKS = dict(
    logger=dict(type=DurableLoggerHook),
    checkpoint=dict(type=DurableCheckpointHook, interval=1),
    **GUARDS,
)


@RUNNERS.register_module()
class DurableRunner(Runner):
    """Runner whose training can be killed at any time and resumed exactly.

    It runs any config of mmengine. Loops, ``CheckpointHook`` and ``LoggerHook`` are
    replaced by those of this project, which have the same arguments. ``train`` locks
    the output folder, resumes from the newest intact checkpoint, and does not overwrite
    the checkpoints of another run.
    """

    @classmethod
    def from_cfg(cls, cfg: dict | ConfigDict | Config) -> 'Runner':
        """Build a runner from a config, whose text is formatted once."""
        return super().from_cfg(FormattedOnce.of(cfg) if type(cfg) is Config else cfg)

    def train(self) -> nn.Module:
        """Train, with a lock on the output folder.

        Returns:
            nn.Module: The trained model.

        Raises:
            UserError: If another run uses the folder, or it has checkpoints.
        """
        if is_main_process():
            lock_work_dir(self.work_dir)
            if not self._resume:
                require_unused(self.work_dir)
        try:
            return super().train()
        except BaseException:
            if isinstance(self._train_loop, DurableLoop):
                self.call_hook('after_error')
            raise
        finally:
            end_workers(self._train_loop)
            end_workers(self._val_loop)
            unlock_work_dir(self.work_dir)

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build mmengine's logger, whose terminal does not show the whole config."""
        logger = super().build_logger(*args, **kwargs)
        shorten_terminal(logger)
        return logger

    def build_model(self, model: nn.Module | dict) -> nn.Module:
        """Build the model, with a shorter queue if the config fits it to the images."""
        if isinstance(model, dict) and self.cfg.get('fit_queue_to_images'):
            loader = self._train_dataloader
            dataset = build_dataset(loader['dataset'])
            self._train_dataloader = {**loader, 'dataset': dataset}
            batch = loader['batch_size'] * self.world_size
            model = fit_queue(model, len(dataset), batch)
            self.cfg.model = model
        return super().build_model(model)

    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Build the exactly resumable form of mmengine's loop."""
        if isinstance(loop, dict):
            loop = dict(loop)
            by_epoch = loop.pop('by_epoch', None)
            if by_epoch is not None:
                loop['type'] = EpochBasedTrainLoop if by_epoch else IterBasedTrainLoop
            loop['type'] = replaced(loop['type'], DURABLE_LOOPS)
        return super().build_train_loop(loop)

    def build_val_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Build the form of mmengine's loop that stops between batches."""
        if isinstance(loop, dict):
            loop = dict(loop, type=replaced(loop.get('type', ValLoop), DURABLE_LOOPS))
        return super().build_val_loop(loop)

    def register_default_hooks(self, hooks: dict[str, Any] | None = None) -> None:
        """Register the default hooks, including :data:`GUARDS`."""
        hooks = {**DEFAULT_HOOKS, **(hooks or {})}
        for name, hook in list(hooks.items()):
            if isinstance(hook, dict):
                hooks[name] = {**hook, 'type': replaced(hook['type'], DURABLE_HOOKS)}
            elif hook is None and name in GUARDS:
                del hooks[name]  # mmengine has no default hook of that name
        super().register_default_hooks(hooks)

    def load_or_resume(self) -> None:
        """Load weights, or resume from the given or the newest intact checkpoint."""
        if self._resume and self._load_from is None and not self._has_loaded:
            found = newest_whole_checkpoint(self.work_dir)
            for clause in found.broken:
                self.logger.warning(f'Skipped: {clause}')
            self._resume = found.checkpoint is not None
            self._load_from = str(found.checkpoint) if self._resume else None
        super().load_or_resume()

    def load_checkpoint(self, *args: Any, **kwargs: Any) -> dict:
        """Load weights; see :meth:`mmengine.runner.Runner.load_checkpoint`.

        Returns:
            dict: The checkpoint, without the config that mmengine's ``resume`` would
            execute as Python.
        """
        checkpoint = super().load_checkpoint(*args, **kwargs)
        checkpoint.get('meta', {}).pop('config', None)
        return checkpoint

    def save_checkpoint(
        self, out_dir: str, filename: str, *args: Any, **kwargs: Any
    ) -> None:
        """Save a checkpoint atomically.

        Args:
            out_dir (str): A local folder.
            filename (str): Name of the file.
            *args (Any): Arguments of mmengine's method.
            **kwargs (Any): Arguments of mmengine's method.

        Raises:
            OSError: If the disk is full or read-only.
            BrokenNumbersError: If weights or buffers are not finite.
        """
        if not is_main_process():
            return
        states = self.model.state_dict(), self.optim_wrapper.state_dict()
        require_room(out_dir, sum(t.nbytes for t in tensors_in(states)))
        with written_whole(Path(out_dir, filename)) as unfinished:
            super().save_checkpoint(out_dir, unfinished.name, *args, **kwargs)


def end_workers(loop: BaseLoop | dict | None) -> None:
    """End the persistent workers of a loop's data loader.

    The end of the interpreter would kill them, and PyTorch would raise an error in the
    functions that run then.
    """
    loader = getattr(loop, 'dataloader', None)
    if getattr(loader, '_iterator', None) is not None:
        loader._iterator = None


def replaced(kind: str | type, replacements: dict[type, type]) -> str | type:
    """Return the replacement of a registered class, given with or without its scope."""
    for original, replacement in replacements.items():
        if kind in (original, original.__name__, f'mmengine.{original.__name__}'):
            return replacement
    return kind


def tensors_in(value: Any) -> Iterable[Tensor]:
    """Yield the tensors in nested dictionaries, lists and tuples."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
