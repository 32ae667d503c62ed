"""Stop training if losses, gradients or weights are not finite."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor
from torch.optim import Optimizer

from setsim_mm.host import HOOKS
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.work_dir import last_checkpoint


class BrokenNumbersError(UserError):
    """Raised if a loss, gradient or weight is not finite."""


@HOOKS.register_module()
class BrokenNumbersHook(Hook):
    """Stop training if losses, gradients or weights to save are not finite.

    On a CPU losses and gradients are checked before the weights are updated. On a GPU
    the result is read one step later, so that the CPU does not wait. Single steps that
    a gradient scaler skips after an overflow are allowed.

    Args:
        max_skipped (int): Number of successive steps that a gradient scaler may skip.
            20 steps reduce its scale from 2^16 to 1/16. Defaults to 20.

    Raises:
        BrokenNumbersError: With the images of the step, its losses and learning rate,
            and the last checkpoint.
    """

    priority = 'VERY_HIGH'

    def __init__(self, max_skipped: int = 20) -> None:
        self.max_skipped = max_skipped
        self.skipped = self.total_skipped = 0
        self.checks: list[_Check] = []
        self.step = _Step()

    def before_train(self, runner: Runner) -> None:
        """Register the gradient check in the optimizer."""
        self.runner = runner
        self.handle = runner.optim_wrapper.optimizer.register_step_pre_hook(
            self._check_gradient
        )

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Store the paths of the step's images."""
        self.step = _Step(runner.iter, image_paths(data_batch))

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Tensor] | None = None,
    ) -> None:
        """Check the losses, and count the steps that a gradient scaler skips."""
        self.skipped += 1  # 0 if the optimizer was called
        if hasattr(runner.optim_wrapper, 'loss_scaler'):
            self._count_skipped(runner)
            if self.skipped > 0:
                return
        losses = {
            name: value.detach()
            for name, value in (outputs or {}).items()
            if isinstance(value, Tensor) and 'loss' in name
        }
        if losses:
            values = torch.stack([value.float().mean() for value in losses.values()])
            self._check('loss', values, list(losses))

    def after_train(self, runner: Runner) -> None:
        """Read the remaining checks and remove the hook from the optimizer."""
        for check in self.checks:
            self._read(check)
        self.handle.remove()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check the weights and buffers to save."""
        for name, value in checkpoint['state_dict'].items():
            if value.is_floating_point() and not value.isfinite().all():
                self._raise(f'the model is not finite ({name})', self.step)

    def _count_skipped(self, runner: Runner) -> None:
        each = runner.optim_wrapper._accumulative_counts
        if self.skipped > 0 and self.skipped % each == 0:
            self.total_skipped += 1
        runner.message_hub.update_scalar('train/skipped_steps', self.total_skipped)
        if self.skipped >= self.max_skipped * each:
            self._raise(
                f'the gradient scaler has skipped {self.max_skipped} steps in a row',
                self.step,
            )

    def _check_gradient(self, optimizer: Optimizer, *args: Any) -> None:
        self.skipped = -1  # reset for this step
        norms = [
            parameter.grad.detach().norm()
            for group in optimizer.param_groups
            for parameter in group['params']
            if parameter.grad is not None
        ]
        if norms:
            self._check('norm of the gradient', torch.stack(norms).norm()[None])

    def _check(self, what: str, values: Tensor, names: Sequence[str] = ()) -> None:
        """Check values now, or on a GPU those of the previous step."""
        self.checks.append(_Check(what, values, names, self.step))
        if values.device.type == 'cpu':
            self._read(self.checks.pop())
            return
        while self.checks and self.checks[0].step is not self.step:
            self._read(self.checks.pop(0))

    def _read(self, check: '_Check') -> None:
        values = check.values()
        if all(value == value and abs(value) != float('inf') for value in values):
            return
        named = check.names or [check.what]
        shown = ', '.join(f'{n} {v:.4g}' for n, v in zip(named, values, strict=True))
        self._raise(f'the {check.what} is not finite ({shown})', check.step)

    def _raise(self, what: str, step: '_Step') -> None:
        runner = self.runner
        rates = sorted({group['lr'] for group in runner.optim_wrapper.param_groups})
        files = some_of(step.images, separator=', ')
        saved = last_checkpoint(runner.work_dir)
        last = f'the last checkpoint is {saved}' if saved else 'nothing is saved yet'
        raise BrokenNumbersError(
            f'{what} at step {step.number + 1} in process {runner.rank}, with learning '
            f'rate {", ".join(f"{rate:.3g}" for rate in rates)} and '
            f'{len(step.images)} images ({files or "paths unknown"}); {last}: lower '
            'the learning rate or train without --amp, and check these images.'
        )


class _Step:
    """Index and image paths of a step."""

    def __init__(self, number: int = 0, images: Sequence[str] = ()) -> None:
        self.number = number
        self.images = list(images)


class _Check:
    """Values of a step that are copied to the CPU asynchronously."""

    def __init__(
        self, what: str, values: Tensor, names: Sequence[str], step: _Step
    ) -> None:
        self.what, self.names, self.step = what, names, step
        self._host, self._copied = values, None
        if values.device.type == 'cuda':
            self._host = torch.empty_like(values, device='cpu', pin_memory=True)
            self._host.copy_(values, non_blocking=True)
            self._copied = torch.cuda.Event()
            self._copied.record()

    def values(self) -> list[float]:
        """Return the values, after waiting for the copy."""
        if self._copied is not None:
            self._copied.synchronize()
        return self._host.tolist()


def image_paths(data_batch: Any) -> list[str]:
    """Return the paths of the images that the samples of a batch have as metainfo."""
    samples = data_batch.get('data_samples') if isinstance(data_batch, dict) else None
    if not isinstance(samples, Iterable):
        return []
    return [
        str(sample.get('img_path')) for sample in samples if hasattr(sample, 'metainfo')
    ]
