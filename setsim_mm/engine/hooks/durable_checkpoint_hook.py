"""Save checkpoints so that the last good one is never lost."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.fileio import BaseStorageBackend
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner

from setsim_mm.host import HOOKS
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.work_dir import POINTER

INTERIM = 'interrupted_iter_{}.pth'


@HOOKS.register_module()
class DurableCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook`` with atomic writes.

    A checkpoint is written to a temporary file, flushed to the disk and renamed, then
    the pointer file in the same way. Only then are older checkpoints removed. If the
    disk is full or read-only, the last good checkpoint stays and training continues
    until the next save.

    Args:
        max_failed_saves (int): Number of successive failed saves after which training
            stops. Defaults to 3.
        **kwargs (Any): Arguments of mmengine's hook, without ``out_dir``.
    """

    def __init__(self, max_failed_saves: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.out_dir is not None or self.backend_args or self.file_client_args:
            raise UserError(
                'checkpoints are written to the output folder on a local disk: remove '
                'out_dir, backend_args and file_client_args from the checkpoint hook, '
                'and select the folder with --work-dir.'
            )
        self.max_failed_saves = max_failed_saves
        self.failed_saves = 0
        self.saved_iter: int | None = None

    def before_train(self, runner: Runner) -> None:
        """Read the state of the run, without removing checkpoints yet."""
        limit, self.max_keep_ckpts = self.max_keep_ckpts, -1
        super().before_train(runner)
        self.max_keep_ckpts = limit
        ids = runner.message_hub.runtime_info.get('keep_ckpt_ids', [])
        self.kept_steps = list(ids) if limit > 0 else []
        if runner.iter > 0:
            self.saved_iter = runner.iter  # the step of the loaded checkpoint
            self._point_to_resumed(runner)

    def _point_to_resumed(self, runner: Runner) -> None:
        """Correct the pointer of a run that was killed before it was written."""
        resumed = Path(runner._load_from).resolve()
        if is_main_process() and resumed.parent == Path(self.out_dir).resolve():
            write_text_whole(Path(runner.work_dir, POINTER), str(resumed))

    def save_interim(self, runner: Runner) -> Path | None:
        """Save a checkpoint of an interrupted run between two steps; return its path.

        None if this step is already saved, or if saving failed.
        """
        if self.saved_iter == runner.iter:
            return None
        meta = dict(epoch=runner.epoch, iter=runner.iter)
        name = INTERIM.format(runner.iter)
        return Path(self.out_dir, name) if self._save(runner, name, meta) else None

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Save a scheduled checkpoint, then remove older ones."""
        kept = [s for s in self.kept_steps if s != step] + [step]
        outdated = kept[: -self.max_keep_ckpts] if self.max_keep_ckpts > 0 else []
        kept = kept[len(outdated) :]
        runner.message_hub.update_info('keep_ckpt_ids', kept)
        if not self._save(runner, self.filename_tmpl.format(step), meta):
            runner.message_hub.update_info('keep_ckpt_ids', self.kept_steps)
            return
        self.kept_steps = kept
        if is_main_process():
            folder = Path(self.out_dir)
            names = [self.filename_tmpl.format(old) for old in outdated]
            for path in [
                *(folder / name for name in names),
                *folder.glob(INTERIM.format('*')),
            ]:
                path.unlink(missing_ok=True)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        """Save the best checkpoint, then remove the previous one."""
        self.file_backend = later = DelayedRemoval(self.file_backend)
        try:
            super()._save_best_checkpoint(runner, metrics)
        except OSError as error:
            runner.logger.error(f'The best checkpoint cannot be written ({error}).')
        else:
            later.remove_now(keep=runner.message_hub.runtime_info.values())
        finally:
            self.file_backend = later.backend

    def _save(self, runner: Runner, name: str, meta: dict) -> bool:
        """Save a checkpoint and its pointer; return whether rank 0 succeeded.

        Raises:
            UserError: If it failed ``max_failed_saves`` times in a row, or at the end.
        """
        path = str(Path(self.out_dir, name))
        runner.message_hub.update_info('last_ckpt', path)
        reason = None
        if is_main_process():
            try:
                runner.save_checkpoint(
                    self.out_dir,
                    name,
                    save_optimizer=self.save_optimizer,
                    save_param_scheduler=self.save_param_scheduler,
                    meta=meta,
                    by_epoch=self.by_epoch,
                    **self.args,
                )
                write_text_whole(Path(runner.work_dir, POINTER), path)
            except OSError as error:
                reason = error.strerror or str(error)
        reasons = [reason]
        broadcast_object_list(reasons)
        (reason,) = reasons
        if reason is None:
            self.last_ckpt, self.failed_saves = path, 0
            self.saved_iter = meta['iter']
            return True
        self._count_failure(runner, path, reason, meta['iter'])
        return False

    def _count_failure(
        self, runner: Runner, path: str, reason: str, steps: int
    ) -> None:
        self.failed_saves += 1
        failure = f'the checkpoint {path!r} cannot be written ({reason})'
        if self.last_ckpt:
            failure += f'; the last good one is {self.last_ckpt}'
        if steps >= runner.max_iters or self.failed_saves >= self.max_failed_saves:
            raise UserError(
                f'{failure}, and training stops after {self.failed_saves} failed '
                'saves: free space on the disk, then add --resume.'
            )
        runner.logger.error(
            f'{failure}. Training continues until the next save: free space on the '
            'disk until then.'
        )


class DelayedRemoval:
    """File backend that removes files only when :meth:`remove_now` is called."""

    def __init__(self, backend: BaseStorageBackend) -> None:
        self.backend = backend
        self.waiting: list[str] = []

    def remove(self, path: str) -> None:
        """Mark a file for removal."""
        self.waiting.append(path)

    def remove_now(self, keep: Collection[Any]) -> None:
        """Remove the marked files, except those in ``keep``."""
        for path in self.waiting:
            if path not in keep:
                self.backend.remove(path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)
