"""Handle Ctrl-C and SIGTERM in a long run."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from types import FrameType

from .work_dir import last_checkpoint

# Exit status of a training that SIGTERM stopped and that can be resumed: EX_TEMPFAIL of
# sysexits.h. tools/slurm_train.sh requeues a job with this status.
REQUEUE = 75

# Modules whose signal handlers are removed in forked workers.
OUR_HANDLERS = (__name__, f'{__package__}.stop_request')


class Terminated(BaseException):
    """Raised after SIGTERM, which clusters send before they end a job."""


@contextmanager
def sentence_for_interrupts(
    how_to_go_on: Callable[[], str], terminated: int = 128 + signal.SIGTERM
) -> Iterator[None]:
    """Context manager: end an interrupted run with a sentence, not with a traceback.

    Args:
        how_to_go_on (Callable[[], str]): Returns the sentence; it is called after the
            interruption.
        terminated (int): Exit status after SIGTERM. Defaults to the status in a shell.

    Raises:
        SystemExit: After an interruption. The status after Ctrl-C is 130.
    """
    from mmengine.dist import is_main_process

    before = signal.getsignal(signal.SIGTERM)
    if is_main_process():
        # The other processes keep the default handler, which ends them at once.
        signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except (KeyboardInterrupt, Terminated) as interrupt:
        if is_main_process():
            print(f'\n{how_to_go_on()}', file=sys.stderr, flush=True)
        else:
            time.sleep(1)  # a launcher ends the main process after another one
        by_signal = isinstance(interrupt, Terminated)
        raise SystemExit(
            terminated if by_signal else 128 + signal.SIGINT
        ) from interrupt
    finally:
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
            signal.signal(signal.SIGTERM, before)
        # Otherwise the process ends: a repeated signal would change its status.


def how_to_resume(work_dir: str | os.PathLike) -> str:
    """Return one sentence that tells how to resume an interrupted training."""
    checkpoint = last_checkpoint(work_dir)
    if checkpoint is None:
        return (
            'Interrupted before the first checkpoint was saved: run the same command '
            'again.'
        )
    return f'Interrupted: the same command with --resume goes on from {checkpoint}.'


def terminate(number: int, frame: FrameType | None) -> None:
    """Raise :class:`Terminated`, once."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # launchers repeat it
    raise Terminated


# SIGTERM ends a forked worker at once, because it has nothing to save. The signal is
# blocked until the default handler is restored: Python loses a signal that arrives
# before the first line of a process, and mmdet ends evaluation workers that early.
_masks = local()


def _block_sigterm() -> None:
    if getattr(signal.getsignal(signal.SIGTERM), '__module__', '') in OUR_HANDLERS:
        _masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


def _unblock_sigterm() -> None:
    if hasattr(_masks, 'before'):
        signal.pthread_sigmask(signal.SIG_SETMASK, _masks.before)
        del _masks.before


def _restore_default() -> None:
    if hasattr(_masks, 'before'):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _unblock_sigterm()


os.register_at_fork(
    before=_block_sigterm,
    after_in_parent=_unblock_sigterm,
    after_in_child=_restore_default,
)
