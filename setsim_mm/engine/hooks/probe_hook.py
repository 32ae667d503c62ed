"""Measuring a backbone at an interval while it trains."""

from abc import abstractmethod
from typing import NamedTuple

from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.host import get_model
from setsim_mm.utils.module_modes import buffers_of_main_process, evaluation_mode
from setsim_mm.utils.random_state import fixed_random_state


class Measurement(NamedTuple):
    """What a probe found.

    Args:
        scalars (dict[str, float]): By their names in the log.
        summary (str): The same for people.
    """

    scalars: dict[str, float]
    summary: str


class ProbeHook(Hook):
    """Measure before training, every few epochs and at the end; subclasses say what.

    Training goes on as if the hook were not there: the random state and the modes of
    the modules are put back. What is measured goes to the log, to the message hub and
    to the visualizer (``vis_data/scalars.json``), where ``step`` is the number of
    iterations done. On several ranks all of them measure the weights and buffers of
    the first one, which checkpoints hold.

    Args:
        interval (int, optional): Epochs between two measurements; the last epoch is
            always measured. None: only that one. Defaults to 1.
        initial (bool): Whether to measure the network before its first step, too,
            unless the run is resumed. Defaults to True.

    Raises:
        ValueError: If a number is out of range.
    """

    priority = 'NORMAL'  # before CheckpointHook, which stores the message hub
    title: str  # of what is measured, in the log

    def __init__(self, interval: int | None = 1, initial: bool = True) -> None:
        if interval is not None:
            require_at_least(1, interval=interval)
        self.interval = interval
        self.initial = initial

    def before_train(self, runner: Runner) -> None:
        """Prepare and, unless a run is resumed, measure the untrained network.

        Args:
            runner (Runner): The runner of the training process.
        """
        with fixed_random_state(0):
            self.prepare(runner)
        if self.initial and runner.iter == 0:
            self._measure_and_log(runner, epochs_done=0)

    def after_train_epoch(self, runner: Runner) -> None:
        """Measure at the end of every ``interval``-th epoch and of the last one.

        Args:
            runner (Runner): The runner of the training process.
        """
        due = self.interval and self.every_n_epochs(runner, self.interval)
        if due or self.is_last_train_epoch(runner):
            self._measure_and_log(runner, epochs_done=runner.epoch + 1)

    @abstractmethod
    def prepare(self, runner: Runner) -> None:
        """Get ready, and refuse what would fail later, on every rank.

        Args:
            runner (Runner): The runner of the training process.
        """

    @abstractmethod
    def measure(self, runner: Runner, epochs_done: int) -> Measurement | None:
        """Measure, called on every rank.

        Args:
            runner (Runner): The runner of the training process, whose backbone is in
                evaluation mode.
            epochs_done (int): How long it has trained.

        Returns:
            Measurement | None: What the first rank is to log; None for nothing.
        """

    def _measure_and_log(self, runner: Runner, epochs_done: int) -> None:
        """Measure on all ranks and say so everywhere."""
        backbone = get_model(runner.model).backbone
        with (
            fixed_random_state(0),
            evaluation_mode(backbone),
            buffers_of_main_process(backbone),
        ):
            measurement = self.measure(runner, epochs_done)
        if measurement is None:
            return
        scalars, summary = measurement
        runner.logger.info(f'{self.title} after {epochs_done} epochs: {summary}')
        # Not under 'train/', whose scalars LoggerHook repeats with every line.
        runner.message_hub.update_scalars(scalars)
        runner.visualizer.add_scalars(
            dict(**scalars, epoch=epochs_done), step=runner.iter
        )


def require_at_least(least: int, **values: int) -> None:
    """Refuse an argument that is too small.

    Args:
        least (int): The smallest value that is allowed.
        **values (int): By their names.

    Raises:
        ValueError: If there is one.
    """
    for name, value in values.items():
        if value < least:
            raise ValueError(f'{name} must be at least {least}, but is {value}')
