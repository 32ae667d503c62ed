"""Base of hooks that measure a backbone during training."""

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from mmengine.dist import broadcast_object_list, get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn

from setsim_mm.evaluation.image_reading import ImageInputs, image_inputs
from setsim_mm.host import get_model
from setsim_mm.utils.module_modes import buffers_of_main_process, evaluation_mode
from setsim_mm.utils.random_state import fixed_random_state

Preprocess = Callable[[Tensor], Tensor]
Result = TypeVar('Result')


class Measurement(NamedTuple):
    """Result of a measurement.

    Args:
        scalars (dict[str, float]): Values by their names in the log.
        summary (str): The same as text.
    """

    scalars: dict[str, float]
    summary: str


class ProbeHook(Hook):
    """Base of hooks that measure before training, every few epochs and at the end.

    The random state and the modes of the modules are restored. Results are sent to the
    log, the message hub and the visualizer (``vis_data/scalars.json``), where ``step``
    is the number of iterations done. All ranks measure the weights and buffers of the
    first rank, which checkpoints store.

    An error of a measurement after an epoch is raised when the checkpoint of this epoch
    has been saved. On several ranks it is raised at once, unless all ranks raise it.

    Args:
        interval (int, optional): Epochs between two measurements. The last epoch is
            always measured; None measures only that one. Defaults to 1.
        initial (bool): Whether to measure also before the first step, unless the run is
            resumed. Defaults to True.

    Raises:
        ValueError: If a number is out of range.
    """

    priority = 'NORMAL'  # before CheckpointHook, which stores the message hub
    title: str  # name of the measurement in the log
    fails_on_all_ranks = False  # whether all ranks raise an error of any of them

    def __init__(self, interval: int | None = 1, initial: bool = True) -> None:
        if interval is not None:
            require_at_least(1, interval=interval)
        self.interval = interval
        self.initial = initial
        self._error: Exception | None = None

    def before_train(self, runner: Runner) -> None:
        """Prepare. Measure the untrained network unless the run is resumed."""
        with fixed_random_state(0):
            self.prepare(runner)
        if self.initial and runner.iter == 0:
            self._measure_and_log(runner, epochs_done=0)

    def after_train_epoch(self, runner: Runner) -> None:
        """Measure after every ``interval``-th epoch and after the last one."""
        due = self.interval and self.every_n_epochs(runner, self.interval)
        if not due and not self.is_last_train_epoch(runner):
            return
        try:
            self._measure_and_log(runner, epochs_done=runner.epoch + 1)
        except Exception as error:
            if get_world_size() > 1 and not self.fails_on_all_ranks:
                raise  # the other ranks may wait for this one
            self._error = error

    def before_train_epoch(self, runner: Runner) -> None:
        """Raise the error of the measurement after the last epoch, if any."""
        if self._error is not None:
            raise self._error

    def after_train(self, runner: Runner) -> None:
        """Raise the error of the measurement after the last epoch, if any."""
        self.before_train_epoch(runner)

    @abstractmethod
    def prepare(self, runner: Runner) -> None:
        """Prepare on every rank, and raise errors that would occur later."""

    @abstractmethod
    def measure(self, runner: Runner, epochs_done: int) -> Measurement | None:
        """Measure on every rank; return what the first rank logs, if anything.

        The backbone is in evaluation mode.
        """

    def _measure_and_log(self, runner: Runner, epochs_done: int) -> None:
        """Measure on all ranks and log the result."""
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
        # Without the prefix 'train/': LoggerHook repeats those scalars in every line.
        runner.message_hub.update_scalars(scalars)
        runner.visualizer.add_scalars(
            dict(**scalars, epoch=epochs_done), step=runner.iter
        )


def on_main_process(function: Callable[[], Result]) -> Result:
    """Call a function on the first rank while the others wait.

    Args:
        function (Callable): What it returns or raises must be picklable.

    Returns:
        Result: What it returned, on every rank.

    Raises:
        Exception: What it raised, on every rank.
    """
    outcome: list = [None]
    if is_main_process():
        try:
            outcome = [function()]
        except Exception as error:
            outcome = [error]
    broadcast_object_list(outcome)
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def frozen_backbone(runner: Runner) -> tuple[nn.Module, ImageInputs]:
    """Return the backbone of a run, and its loader and normalisation.

    Raises:
        UserError: If the loader of the config does not fit its normalisation.
    """
    model = get_model(runner.model)
    device = next(model.backbone.parameters()).device
    return model.backbone, image_inputs(runner.cfg, model.data_preprocessor, device)


def require_at_least(least: int, **values: int) -> None:
    """Raise a ValueError that names the first argument below ``least``."""
    for name, value in values.items():
        if value < least:
            raise ValueError(f'{name} must be at least {least}, but is {value}')
