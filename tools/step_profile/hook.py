"""Profile a few training steps with PyTorch's profiler."""

from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.profiler import schedule

from setsim_mm.engine.profiling import (
    OPTIMIZER_PARTS,
    STEP_PARTS,
    make_profiler,
    name_parts,
)
from setsim_mm.host import get_model
from setsim_mm.utils.errors import UserError

from .summary import Summary, summarize


class StepsProfiled(Exception):
    """Raised after the last profiled step to end training."""


class ProfileHook(Hook):
    """Trace some steps in the main process and end training in all processes.

    mmengine's ``ProfilerHook`` counts from iteration 0 also in a resumed run, records
    from the start of the run, writes one file from all processes and continues
    training.

    Args:
        steps (int): Number of steps to trace.
        warmup (int): Number of steps before them, at least 1: the first steps allocate
            memory, select kernels, and start workers and the profiler. Defaults to 3.

    Attributes:
        trace (Path): The written trace: JSON for ui.perfetto.dev, chrome://tracing and
            TensorBoard's profiler plugin.
        summary (Summary): Summary of the trace.

    Raises:
        UserError: If a number is too small, or training has fewer steps.
    """

    priority = 'LOWEST'  # a step includes all other hooks

    def __init__(self, steps: int, warmup: int = 3) -> None:
        if steps < 1:
            raise UserError(f'--profile takes at least 1 step, not {steps}.')
        if warmup < 1:
            raise UserError(
                f'the profiler needs at least 1 warm-up step, not {warmup}.'
            )
        self.steps = steps
        self.warmup = warmup
        self.trace: Path | None = None
        self.summary: Summary | None = None

    def before_run(self, runner: Runner) -> None:
        """Raise an error if training is too short, before anything is loaded."""
        self._require(runner.max_iters)

    def before_train(self, runner: Runner) -> None:
        """Label the parts of the step and start the profiler."""
        self._require(runner.max_iters - runner.iter)  # fewer in a resumed run
        self._last = runner.iter + self.warmup + self.steps
        if not is_main_process():
            return
        name_parts(get_model(runner.model), STEP_PARTS)
        name_parts(runner.optim_wrapper, OPTIMIZER_PARTS)
        self._profiler = make_profiler(
            schedule=schedule(
                wait=self.warmup - 1, warmup=1, active=self.steps, repeat=1
            )
        )
        self._profiler.start()

    def after_train_iter(self, runner: Runner, *args: object, **kwargs: object) -> None:
        """End the step, and training after the last one.

        Raises:
            StepsProfiled: In every process after the same step.
        """
        is_last = runner.iter + 1 == self._last
        if is_main_process():
            self._profiler.step()
            if is_last:
                self._finish(Path(runner.log_dir, 'rank0.pt.trace.json'))
        if is_last:
            raise StepsProfiled

    def _finish(self, path: Path) -> None:
        self._profiler.stop()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._profiler.export_chrome_trace(str(path))
        self.summary = summarize(
            self._profiler.events(), {*STEP_PARTS, *OPTIMIZER_PARTS}
        )
        self.trace = path

    def _require(self, available: int) -> None:
        needed = self.warmup + self.steps
        if available < needed:
            raise UserError(
                f'--profile {self.steps} takes {needed} steps, {self.warmup} of them '
                f'to warm up, but this training has {available} left: profile fewer, '
                'or raise the epochs of train_cfg.'
            )
