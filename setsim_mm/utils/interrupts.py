"""Ctrl-C and SIGTERM in a long run."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from types import FrameType

from mmengine.dist import is_main_process

from .work_dir import last_checkpoint


class Terminated(BaseException):
    """SIGTERM came, which clusters send before they end a job."""


@contextmanager
def sentence_for_interrupts(how_to_go_on: Callable[[], str]) -> Iterator[None]:
    """Let an interrupted run end with how to go on instead of a traceback.

    Args:
        how_to_go_on (Callable[[], str]): Gives the sentence, after the interruption.

    Raises:
        SystemExit: With the status that shells give to a process ended by the signal.
    """
    before = signal.getsignal(signal.SIGTERM)
    if is_main_process():
        # The other processes end at once, whatever they are waiting for.
        signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except (KeyboardInterrupt, Terminated) as interrupt:
        if is_main_process():
            print(f'\n{how_to_go_on()}', file=sys.stderr, flush=True)
        terminated = isinstance(interrupt, Terminated)
        number = signal.SIGTERM if terminated else signal.SIGINT
        raise SystemExit(128 + number) from interrupt
    finally:
        signal.signal(signal.SIGTERM, before)


def how_to_resume(work_dir: str | os.PathLike) -> str:
    """Say how an interrupted training goes on.

    Args:
        work_dir (str | os.PathLike): The run's output folder.

    Returns:
        str: One sentence.
    """
    checkpoint = last_checkpoint(work_dir)
    if checkpoint is None:
        return (
            'Interrupted before the first checkpoint was saved: run the same command '
            'again.'
        )
    return f'Interrupted: the same command with --resume goes on from {checkpoint}.'


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


# A worker that is forked from here has nothing to say and ends at once. The signal is
# held back until it is no longer our handler's: Python forgets what reaches a process
# before its first line, and mmdet ends the workers of an evaluation that early.
_masks = local()


def _hold_back() -> None:
    if signal.getsignal(signal.SIGTERM) is _terminate:
        _masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


def _let_through() -> None:
    if hasattr(_masks, 'before'):
        signal.pthread_sigmask(signal.SIG_SETMASK, _masks.before)
        del _masks.before


def _end_by_default() -> None:
    if hasattr(_masks, 'before'):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _let_through()


os.register_at_fork(
    before=_hold_back, after_in_parent=_let_through, after_in_child=_end_by_default
)
