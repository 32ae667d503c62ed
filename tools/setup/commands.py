"""Talking to the user and to other programs.

Their output goes into a log, their failures become a sentence.
"""

import fcntl
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class SetupError(Exception):
    """A step failed; the message says what is wrong and what to do."""


def say(sentence: str) -> None:
    """Tell the user what happens now."""
    print(f'set-up: {sentence}', flush=True)


# What a program says when it fails, and what the user can do about it.
ADVICE = (
    (
        r'No space left on device|Disk quota exceeded',
        'the disk is full: free some space (PyTorch with its CUDA packages takes '
        '5 GB), or point TMPDIR at a larger disk, and run the same command again',
    ),
    (
        r'NameResolutionError|NewConnectionError|ConnectTimeout|ReadTimeout'
        r'|Temporary failure in name resolution|Max retries exceeded|ProxyError',
        'the package index cannot be reached: check the network, or the proxy and '
        'the index in your pip configuration, and run the same command again',
    ),
    (
        r'Python\.h: No such file',
        'the headers of Python are missing: install them (Debian and Ubuntu: '
        '`apt-get install python3-dev`) and run the same command again',
    ),
    (
        r'c\+\+: (?:fatal error: )?Killed|Killed signal terminated program',
        'the compiler ran out of memory: run the same command again with '
        'MAX_JOBS=1 before it',
    ),
    (
        r'No matching distribution found',
        'the package index does not have a package in the version that is needed: '
        'check the index in your pip configuration (`pip config list`)',
    ),
)


def advice(output: str) -> str | None:
    """Find what to do in the output of a program that failed."""
    for pattern, sentence in ADVICE:
        if re.search(pattern, output):
            return sentence
    return None


def run(
    command: Sequence[str | os.PathLike],
    *,
    log: Path,
    what: str,
    on_line: Callable[[str], None] = lambda line: None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a program to its end, its output in a log.

    Args:
        command (Sequence[str | os.PathLike]): The program and its arguments.
        log (Path): Where its output is appended.
        what (str): What it is for, as in "installing the packages".
        on_line (Callable): Called with each line of output.
        env (Mapping, optional): Its environment. Defaults to this program's.

    Raises:
        SetupError: When it fails, with advice where the output allows some.
    """
    said = []
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('a', buffering=1, encoding='utf-8') as file:
        # A session of its own: an interrupted build is stopped with everything that
        # it started (pip starts a builder, which starts ninja, which starts c++).
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
            env=env,
            start_new_session=True,
            pass_fds=_held,
        ) as process:
            try:
                for line in process.stdout:
                    file.write(line)
                    said.append(line)
                    on_line(line.rstrip())
            except BaseException:
                _stop(process)
                raise
    if process.returncode:
        output = ''.join(said)
        todo = advice(output) or f'its last lines were:\n{_tail(said)}'
        raise SetupError(f'{what} failed; {todo}\n(all of its output: {log})')


def _stop(process: subprocess.Popen) -> None:
    """Stop a program and what it started.

    It is asked first: ninja keeps its compilers in groups of their own, and stops them
    itself.
    """
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _tail(lines: Sequence[str], count: int = 12) -> str:
    """Keep the errors, or else the last lines, of a long output."""
    errors = [line for line in lines if re.search(r'\berror\b', line, re.IGNORECASE)]
    return '\n'.join('  ' + line.strip()[:200] for line in (errors or lines)[-count:])


# The locks that this process holds. What it starts inherits them, so that a lock also
# outlives a set-up that was killed until what that had started has ended.
_held: set[int] = set()


@contextmanager
def lock(folder: Path, waiting: str) -> Iterator[None]:
    """Let one process at a time work in a folder; the others wait.

    The system drops the lock with the last process that holds it.

    Args:
        folder (Path): The folder to lock. Nothing is written into it.
        waiting (str): What to tell a user who has to wait.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        _held.add(descriptor)
        yield
    finally:
        _held.discard(descriptor)
        os.close(descriptor)
