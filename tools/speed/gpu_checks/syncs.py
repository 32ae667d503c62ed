"""Places in a training step where the CPU waits for the device."""

import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from measurements import methods
from setsim_mm.runs import markdown_of

from .check import Measured, Setting
from .steps import build

# The places that may wait: file and function, and why.
NAMED = {
    'data_preprocessor.py: cast_data': 'mmengine copies the images to the GPU',
    'positions.py: rows_of': 'the number of rows with a positive is a shape',
    'amp_optimizer_wrapper.py: step': 'GradScaler skips a step with infinite gradients',
    'one_to_one.py: forward': "SciPy's assignment runs on the CPU",
}
# Operators that read values on the CPU; on a GPU they wait.
READS = {
    torch.ops.aten._local_scalar_dense.default,
    torch.ops.aten.equal.default,
    torch.ops.aten.is_nonzero.default,
    torch.ops.aten.masked_select.default,
    torch.ops.aten.nonzero.default,
    torch.ops.aten._unique2.default,
}
LEGEND = 'On a CPU: the operators whose result is read, for which a GPU would wait.'
WAITING = 'synchronizing CUDA operation'
PACKAGES = ('setsim_mm', 'mmselfsup', 'mmcls', 'mmengine')


class _Reads(TorchDispatchMode):
    """Note the places of the operators that read values."""

    def __init__(self, places: Counter[str]) -> None:
        super().__init__()
        self.places = places

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func in READS:
            self.places[place_of(traceback.extract_stack())] += 1
        return func(*args, **(kwargs or {}))


def place_of(stack: traceback.StackSummary) -> str:
    """Return file and function of the innermost frame of OpenMMLab or this project.

    Args:
        stack (StackSummary): A stack, outermost frame first.

    Returns:
        str: Such as ``'positions.py: rows_of'``; the innermost frame if there is none.
    """
    inner = [
        frame
        for frame in stack
        if any(name in Path(frame.filename).parts for name in PACKAGES)
    ]
    frame = (inner or stack)[-1]
    return f'{Path(frame.filename).name}: {frame.name}'


def waits_of(work: Callable[[], object], device: torch.device) -> Counter[str]:
    """Count the places where the CPU waits for the device in a call.

    Args:
        work (Callable): Called once, without arguments.
        device (torch.device): On a GPU, PyTorch's synchronisation warnings are counted.
            On a CPU, operators that read values are, since they would wait on a GPU.

    Returns:
        Counter[str]: Number of waits by place.
    """
    places: Counter[str] = Counter()
    if device.type == 'cuda':
        with warnings_counted(places), _warnings_of_waits():
            work()
    else:
        with _Reads(places):
            work()
    return places


@contextmanager
def warnings_counted(places: Counter[str]) -> Iterator[None]:
    """Context manager: count synchronisation warnings by the place of the call."""

    def note(message: Any, *args: Any, **kwargs: Any) -> None:
        if WAITING in str(message):
            places[place_of(traceback.extract_stack()[:-1])] += 1

    with warnings.catch_warnings():
        warnings.simplefilter('always')
        warnings.showwarning = note  # restored by catch_warnings
        yield


@contextmanager
def _warnings_of_waits() -> Iterator[None]:
    """Context manager: PyTorch warns when the CPU waits, restored on exit."""
    torch.cuda.synchronize()
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode('warn')
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)


def waits_in_a_step(setting: Setting) -> Iterator[Measured | str]:
    """Count the waits of a training step at other places than the named ones."""
    rows = []
    cases = [
        ('float32', methods.ONE_DIRECTION, {}),
        ('float32, symmetric', methods.SYMMETRIC, {}),
        ('all rows', methods.ONE_DIRECTION, {'count_rows': False}),
        ('mixed precision', methods.ONE_DIRECTION, {'amp': True}),
        ('Hungarian', methods.HUNGARIAN, {}),
    ]
    for name, method, options in cases:
        step = build(setting, method, **options)
        for _ in range(2):  # the first update copies the encoder
            step()
        places = waits_of(step, setting.device)
        rows += [
            {'step': name, 'place': place, 'waits': number, 'why': NAMED.get(place, '')}
            for place, number in sorted(places.items())
        ]
        unnamed = sum(n for place, n in places.items() if place not in NAMED)
        yield Measured(f'{name}: at other places', unnamed, 0)
    columns = ['step', 'place', 'waits', 'why']
    table = pd.DataFrame(rows, columns=columns).astype(str)
    yield markdown_of('Where a step waits', table, LEGEND)
