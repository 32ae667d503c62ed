"""Stop a training on all ranks after the same step when SIGTERM or Ctrl-C arrives.

An exception in a signal handler could interrupt the saving of a file or another
library. This handler sets a flag, which the training loop reads between two steps.
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

from .interrupts import Terminated, terminate

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# One Ctrl-C sends two signals, from the terminal and from the launcher. A signal after
# more than these seconds counts as a second Ctrl-C.
ONE_CTRL_C = 3.0


class StopRequest:
    """Context manager: record SIGTERM and SIGINT instead of raising an exception.

    A second Ctrl-C ends the process at once. Outside of the main thread, where Python
    handles no signals, nothing is recorded.

    Attributes:
        signal (int, optional): The first signal; None before it.
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
            # A separate group: the flag on the CPU does not wait for the GPU.
            self._group = dist.new_group(backend='gloo')
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            # Launchers repeat SIGTERM, which must not interrupt the end of the run.
            repeated = self.signal is not None and handler is terminate
            signal.signal(number, signal.SIG_IGN if repeated else handler)
        if self._under_way is not None and error[0] is None:
            self._under_way[0].wait()
        self._under_way = None

    def agreed(self) -> bool:
        """Return whether to stop now; every rank must call this after every step.

        The answer is the same on all ranks: whether any rank had a signal at its last
        call. No rank waits for another one.
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
        """Raise an exception for :func:`~.interrupts.sentence_for_interrupts`.

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
    """Ignore signals that the parent did not send, in a worker of a data loader.

    Slurm and terminals send their signals to the workers too, but the parent needs its
    workers to end its step. The parent ends them by SIGTERM.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    while signal.sigwaitinfo([signal.SIGTERM]).si_pid != os.getppid():
        pass
    # PyTorch raises an error in the parent, which may be ending, for another status.
    os._exit(0)


def _print_now(text: str) -> None:
    """Print from a signal handler, where Python's streams may be in use."""
    os.write(2, f'{text}\n'.encode())
