"""Print errors that a user can fix as one sentence."""

import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pickle import UnpicklingError

from .config_errors import explain_arguments, explain_unknown_type
from .printable import printable

# Messages of torch, which has no exception class for them. The last one is about
# compiled models.
NOT_A_CHECKPOINT = (
    'PytorchStreamReader failed',
    'Invalid magic number',
    'Cannot use ``weights_only=True``',
)


class UserError(Exception):
    """Error that a user can fix; the message is one sentence with the remedy."""


@contextmanager
def sentences_for_errors(show_traceback: bool = False) -> Iterator[None]:
    """Context manager: print errors of the user as one sentence, without a traceback.

    Errors of the program keep their traceback.

    Args:
        show_traceback (bool): Whether to print the traceback of every error. Defaults
            to False.

    Raises:
        SystemExit: After the sentence, with status 1.
    """
    try:
        yield
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        if show_traceback:
            traceback.print_exc()
        _print_once(sentence)
        raise SystemExit(1) from error
    except KeyboardInterrupt as error:
        raise SystemExit(128 + signal.SIGINT) from error


def explain(error: BaseException) -> str | None:
    """Return one sentence with problem and remedy; None if users cannot fix it."""
    text = _text(error)
    if type(error).__module__.startswith('setsim_mm.') or _raised_by(error):
        return text
    if isinstance(error, KeyError):
        return explain_unknown_type(error)
    if isinstance(error, TypeError):
        return explain_arguments(error)
    torch = sys.modules.get('torch')
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return (
            "the GPU's memory is too small: lower train_dataloader.batch_size "
            '(with --auto-scale-lr) or train in mixed precision with --amp.'
        )
    if isinstance(error, UnpicklingError | EOFError) or (
        isinstance(error, RuntimeError) and any(s in text for s in NOT_A_CHECKPOINT)
    ):
        return (
            'the checkpoint is damaged, or not a file that PyTorch loads safely '
            f'({_why_not_read(text)}): choose another one.'
        )
    if isinstance(error, OSError | ImportError | ValueError):
        return f'{text} (--traceback shows where this comes from).'
    return None


def _why_not_read(text: str) -> str:
    """Return PyTorch's reason for rejecting a file, without its unsafe advice."""
    refused = re.search(r'GLOBAL (\S+)', text)
    if refused is not None:
        return f'it holds {refused[1][:100]}'
    return text.split('In PyTorch 2.6')[0].strip().partition('\n')[0] or 'empty'


def _print_once(sentence: str) -> None:
    """Print a sentence if no process with a lower rank on the machine prints it."""
    rank = int(os.environ.get('LOCAL_RANK') or os.environ.get('SLURM_LOCALID') or 0)
    if rank > 0:
        # If the first process fails too, the launcher ends this one in the meantime.
        time.sleep(10)
    where = f' (process {rank})' if rank > 0 else ''
    # It may contain names and content of files.
    sentence = printable(sentence, keep='\n')
    print(f'Error{where}: {sentence}', file=sys.stderr, flush=True)


def _raised_by(error: BaseException, package: str = 'setsim_mm') -> bool:
    """Return whether the package itself raised a plain ValueError or OSError."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    innermost = frames[-1].f_globals.get('__name__', '') if frames else ''
    return isinstance(error, ValueError | OSError) and innermost.startswith(
        f'{package}.'
    )


def _text(error: BaseException) -> str:
    """Return the message without the traceback that a DataLoader's worker adds."""
    text = str(error)
    if text.startswith('Caught ') and 'Original Traceback' in text:
        # The message comes last, after the name of the error. No other line of the
        # traceback begins with a name.
        name = re.escape(type(error).__name__)
        text = re.split(rf'^(?:[\w.]+\.)?{name}: ', text, flags=re.MULTILINE)[-1]
    return text.strip()
