"""A check: a function that returns what it measured against its bounds."""

import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import torch

from setsim_mm.utils.random_state import fixed_random_state

PASSED, FAILED, NOT_RUN = 'passed', 'failed', 'not run'


class NotRun(Exception):
    """A check makes no sense on this machine. The message states why."""


@dataclass(frozen=True)
class Measured:
    """A measured value and its bound.

    Args:
        what (str): What was measured.
        value (float): The value. NaN fails.
        bound (float): The largest value that passes. Defaults to infinity: the value is
            recorded only.
        note (str): A remark for the report as JSON. Defaults to none.
    """

    what: str
    value: float
    bound: float = inf
    note: str = ''

    @property
    def passed(self) -> bool:
        """Return True if the value is within its bound."""
        return self.value <= self.bound


@dataclass(frozen=True)
class Setting:
    """Device and sizes of the checks.

    Args:
        device (torch.device): Device to check.
        configs (Path): Folder of the configs, configs/selfsup.
        tiny (bool): Whether to use small sizes and few repeats.
        began (float): Start, by ``time.monotonic``. Defaults to now.
        seconds (float): Measurements of speed are not started after this time.
            Defaults to 8 minutes.
    """

    device: torch.device
    configs: Path
    tiny: bool = False
    began: float = field(default_factory=time.monotonic)
    seconds: float = 480.0

    @property
    def on_gpu(self) -> bool:
        """Return True if the device is a GPU."""
        return self.device.type == 'cuda'

    def need_gpu(self, purpose: str) -> None:
        """Raise :class:`NotRun` on a CPU."""
        if not self.on_gpu:
            raise NotRun(f'{purpose} needs a GPU')

    def need_time(self) -> None:
        """Raise :class:`NotRun` if the time is used up."""
        if time.monotonic() - self.began > self.seconds:
            raise NotRun(f'the {self.seconds:.0f} s for all checks are used up')


@dataclass(frozen=True)
class Result:
    """The result of a check.

    Args:
        name (str): Name of the check.
        status (str): ``'passed'``, ``'failed'`` or ``'not run'``.
        seconds (float): Duration.
        measured (list[Measured]): What was measured.
        tables (list[str]): Tables as Markdown, for the report.
        reason (str): Why it failed or was not run. Defaults to none.
    """

    name: str
    status: str
    seconds: float
    measured: list[Measured] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    reason: str = ''


# What a check returns: measured values, and tables as Markdown.
Check = Callable[[Setting], Iterable[Measured | str]]


def run_check(check: Check, setting: Setting) -> Result:
    """Run a check. An error fails this check only.

    Args:
        check (Callable): Returns measured values and tables; raises :class:`NotRun`.
        setting (Setting): Device and sizes.

    Returns:
        Result: The result, named after the function.
    """
    name = check.__name__
    begin = time.monotonic()
    found: list[Measured | str] = []
    status, reason = PASSED, ''
    try:
        with fixed_random_state(0):
            for part in check(setting):
                found.append(part)
            if setting.on_gpu:
                torch.cuda.synchronize(setting.device)  # its late errors
    except NotRun as error:
        status, reason = NOT_RUN, str(error)
    except Exception as error:
        traceback.print_exc()
        first = (str(error).strip() or 'no message').splitlines()[0]
        status, reason = FAILED, f'{type(error).__name__}: {first}'
    measured = [part for part in found if isinstance(part, Measured)]
    beyond = [part.what for part in measured if not part.passed]
    if beyond and status == PASSED:
        status, reason = FAILED, f'beyond the bound: {", ".join(beyond)}'
    tables = [part for part in found if isinstance(part, str)]
    seconds = time.monotonic() - begin
    return Result(name, status, seconds, measured, tables, reason)
