"""Ctrl-C and SIGTERM in a long run."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from types import FrameType

from mmengine.dist import is_main_process

from .work_dir import last_checkpoint

# Exit status of a training that SIGTERM stopped: it goes on when it is started again.
# EX_TEMPFAIL of sysexits.h; tools/slurm_run.sh requeues the job on it.
REQUEUE = 75


# Modules whose handlers forked workers do not keep.
OUR_HANDLERS = (__name__, f'{__package__}.stop_request')


class Terminated(BaseException):
    """SIGTERM came, which clusters send before they end a job."""


@contextmanager
def sentence_for_interrupts(
    how_to_go_on: Callable[[], str], terminated: int = 128 + signal.SIGTERM
) -> Iterator[None]:
    """Context manager: end an interrupted run with a sentence, not with a traceback.

    Args:
        how_to_go_on (Callable[[], str]): Returns the sentence, after the interruption.
        terminated (int): Exit status after SIGTERM. Defaults to the one that shells
            report.

    Raises:
        SystemExit: After an interruption. The status after Ctrl-C is that of shells.
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
        else:
            time.sleep(1)  # launchers end the main process when another one ends
        by_signal = isinstance(interrupt, Terminated)
        raise SystemExit(
            terminated if by_signal else 128 + signal.SIGINT
        ) from interrupt
    finally:
        signal.signal(signal.SIGTERM, before)


def how_to_resume(work_dir: str | os.PathLike) -> str:
    """Return how an interrupted training goes on.

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


# A forked worker has nothing to save and ends at once. The signal is blocked until the
# default handler is back: Python loses a signal that reaches a process before its first
# line, and mmdet ends the workers of an evaluation that early.
_masks = local()


def _hold_back() -> None:
    if getattr(signal.getsignal(signal.SIGTERM), '__module__', '') in OUR_HANDLERS:
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
