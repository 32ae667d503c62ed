"""Messages to the user, and commands with a log and errors in one sentence."""

import fcntl
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class SetupError(Exception):
    """A step failed. The message states what is wrong and what to do."""


def say(sentence: str) -> None:
    """Print a message of the set-up."""
    print(f'set-up: {sentence}', flush=True)


# Advice to the user by regular expressions for the output of a failed program.
ADVICE = (
    (
        r'No space left on device|Disk quota exceeded',
        'the disk is full: free some space (PyTorch with its CUDA packages takes '
        '5 GB), or point TMPDIR at a larger disk, and run the same command again',
    ),
    (
        r'NameResolutionError|NewConnectionError|ConnectTimeout|ReadTimeout'
        r'|Temporary failure in name resolution|Max retries exceeded|ProxyError'
        r'|error sending request for url',
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
        r'No matching distribution found|No solution found when resolving',
        'the package index does not have a package in the version that is needed: '
        'check the index in your pip configuration (`pip config list`)',
    ),
)


def advice(output: str) -> str | None:
    """Return advice for the output of a failed program, None if there is none."""
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
    """Run a program and append its output to a log.

    Args:
        command (Sequence[str | os.PathLike]): The program and its arguments.
        log (Path): The log file.
        what (str): Purpose for messages, such as "installing the packages".
        on_line (Callable): Called with each line of output.
        env (Mapping, optional): Its environment. Defaults to this program's.

    Raises:
        SetupError: If it fails, with advice or its last lines.
    """
    said = []
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('a', buffering=1, encoding='utf-8') as file:
        # In a new session, so that an interruption stops all child processes (pip
        # starts a builder, which starts ninja, which starts c++).
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
    """Stop a program and its child processes.

    SIGTERM comes first, because ninja runs compilers in separate process groups and
    stops them itself.
    """
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _tail(lines: Sequence[str], count: int = 12) -> str:
    """Return the last errors in an output, or its last lines if there is no error."""
    errors = [line for line in lines if re.search(r'\berror\b', line, re.IGNORECASE)]
    return '\n'.join('  ' + line.strip()[:200] for line in (errors or lines)[-count:])


# Locks of this process. Child processes inherit them, so that the lock of a killed
# set-up is held until its child processes have ended.
_held: set[int] = set()


@contextmanager
def lock(folder: Path, waiting: str) -> Iterator[None]:
    """Context manager: lock a folder, so that other processes wait.

    The system releases the lock when the last process that holds it ends.

    Args:
        folder (Path): The folder to lock. Nothing is written into it.
        waiting (str): Message to a user who has to wait.
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
