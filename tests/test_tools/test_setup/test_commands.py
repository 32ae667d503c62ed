"""Running programs with a log, advice for failures, and locks."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.setup.commands import SetupError, advice, lock, run

ROOT = Path(__file__).parents[3]


def is_running(process: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        state = Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[0]
    except OSError:
        return False
    return state != 'Z'


@pytest.mark.parametrize(
    ('output', 'todo'),
    [
        ('ERROR: Could not install: [Errno 28] No space left on device', 'TMPDIR'),
        (
            'WARNING: Retrying after connection broken by NameResolutionError(...)\n'
            'ERROR: No matching distribution found for torch==2.11.0',
            'check the network',
        ),
        ('ERROR: No matching distribution found for torch==2.11.0', 'pip config list'),
        ('fatal error: Python.h: No such file or directory', 'python3-dev'),
        ('c++: fatal error: Killed signal terminated program cc1plus', 'MAX_JOBS=1'),
        ('error: expected ; before }', None),
    ],
)
def test_advice(output: str, todo: str | None) -> None:
    assert (advice(output) is None) if todo is None else (todo in advice(output))


def test_run_writes_the_output_to_the_log_and_the_function(tmp_path: Path) -> None:
    lines = []
    run(
        ['sh', '-c', 'echo out; echo err >&2'],
        log=tmp_path / 'new/log',
        what='greeting',
        on_line=lines.append,
    )
    assert lines == ['out', 'err']
    assert (tmp_path / 'new/log').read_text() == 'out\nerr\n'


def test_the_error_of_run_has_the_purpose_and_the_errors(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match='greeting failed') as failed:
        run(
            ['sh', '-c', 'echo ERROR: too shy; seq 100; exit 3'],
            log=tmp_path / 'log',
            what='greeting',
        )
    assert 'too shy' in str(failed.value)
    assert str(tmp_path / 'log') in str(failed.value)
    assert '77' not in str(failed.value).replace(str(tmp_path), '')


def test_an_interrupted_run_stops_its_child_processes(tmp_path: Path) -> None:
    started = []

    def interrupt(line: str) -> None:
        started.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(
            ['sh', '-c', 'sleep 60 & echo $!; wait'],
            log=tmp_path / 'log',
            what='sleeping',
            on_line=interrupt,
        )
    deadline = time.monotonic() + 5
    while is_running(started[0]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(started[0])


HOLD = """
import sys, time
from pathlib import Path
from tools.setup.commands import lock, run
folder = Path(sys.argv[1])
with lock(folder, 'waiting'):
    print('in', flush=True)
    run(['sleep', sys.argv[2]], log=Path('/dev/null'), what='sleeping')
    print('out', flush=True)
"""


def hold(folder: Path, seconds: float) -> subprocess.Popen:
    """Start a process that runs a program while it holds the lock."""
    return subprocess.Popen(
        [sys.executable, '-c', HOLD, folder, str(seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_take_turns(tmp_path: Path) -> None:
    with hold(tmp_path, 0.5) as first:
        assert first.stdout.readline() == 'in\n'
        with hold(tmp_path, 0) as second:
            assert second.stdout.readline() == 'set-up: waiting\n'
            assert first.poll() is None
            assert first.stdout.readline() == 'out\n'
            assert second.stdout.read() == 'in\nout\n'
    assert first.returncode == second.returncode == 0


def test_a_lock_is_held_until_child_processes_end(tmp_path: Path) -> None:
    with hold(tmp_path, 60) as holder:
        assert holder.stdout.readline() == 'in\n'
        children = Path(f'/proc/{holder.pid}/task/{holder.pid}/children')
        while not (child := children.read_text().split()):
            time.sleep(0.01)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert is_locked(tmp_path)
        os.kill(int(child[0]), signal.SIGKILL)
    with lock(tmp_path, 'waiting'):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


def is_locked(folder: Path) -> bool:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(SetupError), lock(tmp_path, 'waiting'):
            raise SetupError('no')
