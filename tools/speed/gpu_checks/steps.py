"""Training steps on the device: against the CPU, in mixed precision, compiled."""

import math
import shutil
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import torch

from measurements import methods
from measurements.methods import TrainingStep, build_step
from setsim_mm.utils.random_state import fixed_random_state, seed_step

from .check import Measured, NotRun, Setting
from .exact import without_tf32


def build(setting: Setting, method: str, **options: Any) -> TrainingStep:
    """Build a training step, always with the same weights and images.

    Args:
        setting (Setting): Device and sizes.
        method (str): A key of :data:`measurements.methods.METHODS`.
        **options: ``amp``, ``dtype``, ``channels_last``, ``compile``, ``count_rows``
            and ``device``.

    Returns:
        TrainingStep: The step.
    """
    dtype = options.pop('dtype', None)
    count_rows = options.pop('count_rows', True)
    arguments = Namespace(
        device=str(setting.device),
        configs=setting.configs,
        depth=18 if setting.tiny else 50,
        base_channels=8 if setting.tiny else 64,
        batch=4 if setting.tiny else 32,
        size=64 if setting.tiny else 224,
        queue=64 if setting.tiny else 2**16,
        return_memory=True,
        amp=False,
        channels_last=False,
        compile=False,
    )
    vars(arguments).update(options)
    with fixed_random_state(0):
        step = build_step(method, arguments)
    step.model.head.loss_module.count_rows = count_rows
    if dtype is not None:
        step.optim_wrapper.cast_dtype = dtype
    return step


def losses_of(step: TrainingStep, steps: int = 1) -> list[float]:
    """Run training steps and return the loss of each."""
    losses = []
    with fixed_random_state(1):
        seed_step(seed=1, step=0, rank=0)  # the order of the keys, too
        for _ in range(steps):
            log = step.model.train_step(step.data, step.optim_wrapper)
            losses.append(float(log['loss'].detach()))
    return losses


def broken_parameters(step: TrainingStep) -> int:
    """Count the parameters that are not finite."""
    return sum(
        int((~parameter.isfinite()).sum()) for parameter in step.model.parameters()
    )


def step_in_float64(setting: Setting) -> Iterator[Measured]:
    """Compare loss and gradient of a step on the device and on the CPU, in float64."""
    results = []
    for device in (torch.device('cpu'), setting.device):
        small = Setting(device, setting.configs, tiny=True)
        step = build(small, methods.ONE_DIRECTION)
        model = step.model.double()
        views = [view.double() / 255 for view in step.data['inputs']]
        with fixed_random_state(1):
            seed_step(seed=1, step=0, rank=0)
            losses = model(
                [view.to(device) for view in views], step.data['data_samples'], 'loss'
            )
        total = losses['loss_image'] + losses['loss_set']
        total.backward()
        weights = [p for p in model.parameters() if p.grad is not None]
        gradient = torch.cat([p.grad.flatten().cpu() for p in weights])
        results.append((total.detach().cpu(), gradient))
    (loss, gradient), (mine, my_gradient) = results
    yield Measured('loss', float((mine - loss).abs() / loss), 1e-9)
    error = float((my_gradient - gradient).norm() / gradient.norm())
    yield Measured('gradient', error, 1e-7)


def the_same_seed_twice(setting: Setting) -> Iterator[Measured]:
    """Compare the losses of two runs of three steps from one seed."""
    runs = []
    for _ in range(2):
        step = build(setting, methods.SYMMETRIC)
        runs.append(losses_of(step, 3))
    first, second = (torch.tensor(run) for run in runs)
    # Some gradients of convolutions are summed in any order on a GPU.
    bound = 1e-2 if setting.on_gpu else 0
    yield Measured('largest difference', float((first - second).abs().max()), bound)


def mixed_precision(setting: Setting) -> Iterator[Measured]:
    """Compare the first loss in both half types with float32; run three steps."""
    method = methods.WHOLE_BATCH
    with without_tf32():
        (expected,) = losses_of(build(setting, method))
    bounds = {torch.float16: 0.02, torch.bfloat16: 0.05}
    for dtype, bound in bounds.items():
        name = str(dtype).removeprefix('torch.')
        if dtype == torch.float16 and not setting.on_gpu:
            continue  # on a CPU, mixed precision is bfloat16
        options = {'dtype': dtype} if setting.on_gpu else {}
        step = build(setting, method, amp=True, **options)
        losses = losses_of(step, 3)
        error = abs(losses[0] - expected) / expected
        yield Measured(f'{name}: first loss', error, bound)
        broken = broken_parameters(step) + sum(not math.isfinite(x) for x in losses)
        yield Measured(f'{name}: values that are not finite', broken, 0)


def channels_last(setting: Setting) -> Iterator[Measured]:
    """Compare the first loss with channels-last convolutions with the default."""
    method = methods.WHOLE_BATCH
    with without_tf32():
        (expected,) = losses_of(build(setting, method))
        (loss,) = losses_of(build(setting, method, channels_last=True))
    yield Measured('first loss', abs(loss - expected) / expected, 1e-3)


def compiled(setting: Setting) -> Iterator[Measured]:
    """Compare the first loss of compiled backbones and necks with the default."""
    setting.need_gpu('compiling within the time')
    if shutil.which('cc') is None and shutil.which('gcc') is None:
        raise NotRun('torch.compile needs a C compiler, and there is no cc or gcc')
    method = methods.WHOLE_BATCH
    small = Setting(setting.device, setting.configs, tiny=True)
    with without_tf32():
        (expected,) = losses_of(build(small, method))
        (loss,) = losses_of(build(small, method, compile=True))
    yield Measured('first loss', abs(loss - expected) / expected, 1e-3)
