"""SIGTERM and Ctrl-C while a training runs: stop after the step, on all ranks at once.

A handler that raised an exception could do so in the middle of a save or of another
library's code. This one sets a flag, which the training loop reads between two steps.
"""

import os
import signal
import threading
import time
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist
from mmengine.dist import is_distributed, is_main_process

from .interrupts import Terminated

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# A terminal and a launcher both send the signal of one Ctrl-C. Only a later one counts
# as a second Ctrl-C, in seconds.
ONE_CTRL_C = 3.0


class StopRequest:
    """Context manager: collect SIGTERM and SIGINT instead of being interrupted.

    A second Ctrl-C ends the process at once. Outside of the main thread, where Python
    has no signals, it collects nothing.

    Attributes:
        signal (int, optional): The first signal that came. None: none did.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._time = 0.0
        self._before: dict[int, Any] = {}
        self._group: dist.ProcessGroup | None = None
        self._under_way: tuple[dist.Work, torch.Tensor] | None = None

    def __enter__(self) -> 'StopRequest':
        if threading.current_thread() is threading.main_thread():
            self._before = {n: signal.signal(n, self._receive) for n in SIGNALS}
        if is_distributed():
            # Of its own: a flag on the CPU must not wait for the work of a GPU.
            self._group = dist.new_group(backend='gloo')
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._under_way is not None and error[0] is None:
            self._under_way[0].wait()
        self._under_way = None

    def agreed(self) -> bool:
        """Return whether to stop now; every rank must ask after every step.

        Ranks agree on the answer: it says whether any of them had a signal when it
        asked the last time. So no rank waits for another one.
        """
        if self._group is None:
            return self.signal is not None
        stop = False
        if self._under_way is not None:
            work, flag = self._under_way
            work.wait()
            stop = bool(flag.item())
            self._under_way = None
        if not stop:
            flag = torch.tensor([self.signal or 0])
            work = dist.all_reduce(
                flag, dist.ReduceOp.MAX, group=self._group, async_op=True
            )
            self._under_way = work, flag
        else:
            self.signal = self.signal or int(flag.item())
        return stop

    def end_run(self) -> None:
        """Raise what :func:`~.interrupts.sentence_for_interrupts` expects.

        Raises:
            KeyboardInterrupt: After Ctrl-C.
            Terminated: After SIGTERM.
        """
        raise KeyboardInterrupt if self.signal == signal.SIGINT else Terminated

    def _receive(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.signal is None:
            self.signal, self._time = number, now
            if number == signal.SIGINT and is_main_process():
                _print_now('\nStopping after this step. Ctrl-C again ends it at once.')
        elif number == signal.SIGINT and now - self._time > ONE_CTRL_C:
            _print_now('\nEnded at once: --resume goes on from the last checkpoint.')
            os._exit(128 + signal.SIGINT)


def obey_parent_only() -> None:
    """Take SIGTERM from the parent process alone, in a worker of a data loader.

    Slurm and terminals send their signals to the workers too. Without its workers the
    parent could not end its step. The parent itself ends them by SIGTERM.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    while signal.sigwaitinfo([signal.SIGTERM]).si_pid != os.getppid():
        pass
    os._exit(128 + signal.SIGTERM)


def _print_now(text: str) -> None:
    """Print from a signal handler, where a stream may be in use."""
    os.write(2, f'{text}\n'.encode())
