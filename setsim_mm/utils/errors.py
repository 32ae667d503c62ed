"""What users are told when something they can mend goes wrong."""

import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pickle import UnpicklingError

import torch

from .config_errors import explain_arguments, explain_unknown_type
from .printable import printable

# torch names none of these in an exception class of its own. The last one is said of
# compiled models.
NOT_A_CHECKPOINT = (
    'PytorchStreamReader failed',
    'Invalid magic number',
    'Cannot use ``weights_only=True``',
)


class UserError(Exception):
    """Something that the user can mend; the message is one sentence that says how."""


@contextmanager
def sentences_for_errors(show_traceback: bool = False) -> Iterator[None]:
    """Let a command end with one sentence instead of a traceback.

    Errors of the program itself keep their traceback: nobody could mend them
    otherwise.

    Args:
        show_traceback (bool): Whether to show the traceback of every error. Defaults
            to False.

    Raises:
        SystemExit: With status 1, after the sentence was printed.
    """
    try:
        yield
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        if show_traceback:
            traceback.print_exc()
        _say_once(sentence)
        raise SystemExit(1) from error
    except KeyboardInterrupt as error:
        raise SystemExit(128 + signal.SIGINT) from error


def explain(error: BaseException) -> str | None:
    """Say in one sentence what is wrong and what to do.

    Args:
        error (BaseException): What was raised.

    Returns:
        str | None: The sentence; None if the error is not one that a user can mend.
    """
    text = _text(error)
    if type(error).__module__.startswith('setsim_mm.') or _raised_by(error):
        return text
    if isinstance(error, KeyError):
        return explain_unknown_type(error)
    if isinstance(error, TypeError):
        return explain_arguments(error)
    if isinstance(error, torch.OutOfMemoryError):
        return (
            "the GPU's memory does not suffice: lower train_dataloader.batch_size "
            '(with --auto-scale-lr) or train in mixed precision with --amp.'
        )
    if isinstance(error, UnpicklingError | EOFError) or (
        isinstance(error, RuntimeError) and any(s in text for s in NOT_A_CHECKPOINT)
    ):
        return (
            'the checkpoint is damaged, or no file that PyTorch reads safely '
            f'({_why_not_read(text)}): choose another one.'
        )
    if isinstance(error, OSError | ImportError | ValueError):
        return f'{text} (--traceback shows where this comes from).'
    return None


def _why_not_read(text: str) -> str:
    """Return why PyTorch refuses a file, without its advice to trust the file."""
    refused = re.search(r'GLOBAL (\S+)', text)
    if refused is not None:
        return f'it holds {refused[1][:100]}'
    return text.split('In PyTorch 2.6')[0].strip().partition('\n')[0] or 'empty'


def _say_once(sentence: str) -> None:
    """Print a sentence that perhaps every process of the machine has to say."""
    rank = int(os.environ.get('LOCAL_RANK') or os.environ.get('SLURM_LOCALID') or 0)
    if rank > 0:
        # If the first process fails as well, launchers end this one meanwhile.
        time.sleep(10)
    where = f' (process {rank})' if rank > 0 else ''
    # It may name files, and quote what is in them.
    sentence = printable(sentence, keep='\n')
    print(f'Error{where}: {sentence}', file=sys.stderr, flush=True)


def _raised_by(error: BaseException, package: str = 'setsim_mm') -> bool:
    """Whether a plain ValueError or OSError was raised by a line of the package."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    innermost = frames[-1].f_globals.get('__name__', '') if frames else ''
    return isinstance(error, ValueError | OSError) and innermost.startswith(
        f'{package}.'
    )


def _text(error: BaseException) -> str:
    """The message, without what a DataLoader's worker put around it."""
    text = str(error)
    if text.startswith('Caught ') and 'Original Traceback' in text:
        # A worker process sends its whole traceback; the message stands at its end,
        # behind the name of the error, which is the only line that is not indented.
        name = re.escape(type(error).__name__)
        text = re.split(rf'^(?:[\w.]+\.)?{name}: ', text, flags=re.MULTILINE)[-1]
    return text.strip()
