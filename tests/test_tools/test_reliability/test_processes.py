"""Training processes, their records and their ends."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from attacks.processes import NotReached, Training, descendants, kill_all

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],
                         start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    monkeypatch.setattr(Training, 'ended', False)
    monkeypatch.setattr(Training, 'live', set())
    yield
    kill_all()


@pytest.fixture
def start(tmp_path):
    def start(program: str) -> Training:
        command = [sys.executable, '-c', program]
        return Training(command, tmp_path, tmp_path / 'run', os.environ)

    return start


def is_running(pid: int) -> bool:
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except OSError:
        return False
    return state != 'Z'


def wait_for_child(training: Training) -> int:
    while not (text := training.outputs[0].read_text()):
        time.sleep(0.01)
    return int(text)


def test_children_in_other_sessions_are_found_and_killed(start):
    training = start(PARENT)
    child = wait_for_child(training)

    assert descendants(training.process.pid) == [child]
    training.kill()
    assert training.end().status == -signal.SIGKILL
    for _ in range(500):
        if not is_running(child):
            break
        time.sleep(0.01)
    assert not is_running(child)


def test_a_signal_reaches_the_command(start):
    training = start(PARENT)
    child = wait_for_child(training)

    training.send(signal.SIGTERM)

    assert training.end().status == -signal.SIGTERM
    os.kill(child, signal.SIGKILL)


def test_output_and_status_are_returned(start):
    end = start('import sys; print("one"); sys.exit("two")').end()

    assert end.status == 1
    assert (end.output, end.errors, end.text) == ('one\n', 'two\n', 'one\ntwo\n')


def test_a_command_that_does_not_end_is_killed(start):
    training = start('import time; time.sleep(60)')

    with pytest.raises(NotReached, match='no end'):
        training.end(patience=0.2)

    assert training.process.returncode == -signal.SIGKILL


def test_waiting_for_steps_and_saves(start, tmp_path):
    record = tmp_path / 'run.rank0'
    training = start('import time; time.sleep(60)')
    lines = [dict(step=1), dict(step=2), dict(saving=2), dict(step=3)]
    record.write_text(''.join(json.dumps(line) + '\n' for line in lines))

    assert training.wait_for_step() == 3
    assert training.wait_for_step(2) == 3
    assert [line['step'] for line in training.steps()] == [1, 2, 3]
    training.kill()
    training.end()
    with pytest.raises(NotReached, match='step 4'):
        training.wait_for_step(4)
    with pytest.raises(NotReached, match='a checkpoint'):
        training.wait_for_save()


def test_no_process_starts_after_the_end(start):
    training = start('import time; time.sleep(60)')

    kill_all()

    assert training.process.returncode == -signal.SIGKILL
    with pytest.raises(NotReached):
        start('pass')
