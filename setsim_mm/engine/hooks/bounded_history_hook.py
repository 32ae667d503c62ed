"""Limit the length of the history of logged scalars."""

from math import ceil

from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner

from setsim_mm.host import HOOKS
from setsim_mm.utils.errors import UserError

from .probe_hook import require_at_least


@HOOKS.register_module()
class BoundedHistoryHook(Hook):
    """Keep only the newest values of each logged scalar in memory and in checkpoints.

    mmengine keeps the value of every step, copies all of them to add one, and stores
    them in every checkpoint. The log files are not affected.

    A history is longer than ``length`` if the log processor averages over more values:
    a ``window_size``, an epoch, or all values of a validation. A window over the whole
    run is only possible if ``length`` is at least the length of the run.

    Args:
        length (int): Number of values to keep of each scalar. Defaults to 1000.

    Raises:
        ValueError: If ``length`` is below 1.
    """

    priority = 'LOW'  # after the hooks that log, before CheckpointHook

    def __init__(self, length: int = 1000) -> None:
        require_at_least(1, length=length)
        self.length = length
        self.lengths: dict[str, int] = {}  # of 'train' and 'val' scalars

    def before_train(self, runner: Runner) -> None:
        """Compute the lengths that the log processor needs.

        Raises:
            UserError: If the log processor averages over the whole run and the run is
                longer than ``length``.
        """
        # 1 epoch of all steps in an iteration-based run.
        epoch = ceil(runner.max_iters / max(1, runner.max_epochs))
        self.lengths = {'train': self._longest_window(runner, epoch)}
        if runner.val_loop is not None:
            # mmengine always averages the time of a whole validation.
            epoch = len(runner.val_dataloader)
            self.lengths['val'] = max(epoch, self._longest_window(runner, epoch))

    def after_train_iter(self, runner: Runner, *args, **kwargs) -> None:
        """Limit new histories: those of this step, or from a checkpoint."""
        scalars = runner.message_hub.log_scalars
        for name, history in list(scalars.items()):
            length = self.lengths.get(name.split('/')[0], self.length)
            if history.max_length != length:
                values, counts = (part[-length:] for part in history.data)
                scalars[name] = HistoryBuffer(values, counts, max_length=length)

    def _longest_window(self, runner: Runner, epoch: int) -> int:
        """Return the number of values that the log processor needs, at least length."""
        processor = runner.log_processor
        windows = [self.length, processor.window_size]
        for entry in processor.custom_cfg:
            window = entry.get('window_size')
            if window == 'epoch':
                window = epoch
            elif not isinstance(window, int):
                # 'global' or None: mmengine computes the statistic of all values.
                window = 1 if entry['method_name'] == 'current' else runner.max_iters
                self._require_whole_run(window, entry['data_src'])
            windows.append(window)
        return max(windows)

    def _require_whole_run(self, window: int, scalar: str) -> None:
        """Raise an error if a window over the whole run exceeds the kept values."""
        if window > self.length:
            raise UserError(
                f'log_processor.custom_cfg asks for a statistic of {scalar!r} over the '
                f'whole run of {window} steps, but BoundedHistoryHook keeps '
                f'{self.length} values: set its window_size to a number, or set '
                f'BoundedHistoryHook(length={window}) to keep all of them.'
            )
