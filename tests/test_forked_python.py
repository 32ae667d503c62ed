"""A forked program behaves as in a new interpreter."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .forked_python import forked_python
from .processes import environment

DESCRIBE = """
import json, os, random, sys
import numpy
print(json.dumps(dict(
    name=__name__, file=__file__, argv=sys.argv, path=sys.path[0],
    folder=os.getcwd(), variable=os.environ['A_VARIABLE'], text=sys.stdin.read(),
    command=sys.orig_argv[1:],
)))
print(random.random(), numpy.random.rand(), file=sys.stderr)
"""


@pytest.fixture
def start(tmp_path):
    """Return a function that starts Python with a program in a blank folder."""

    def start(python: str, program: str, *arguments: str) -> subprocess.Popen:
        script = tmp_path / 'a script.py'
        script.write_text(program)
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [python, script, *arguments],
            cwd=tmp_path,
            env=environment(A_VARIABLE='ä b'),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )

    return start


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    output, errors = process.communicate('a line\n', timeout=120)
    return process.returncode, output, errors


def test_arguments_folder_environment_and_input_are_the_same(start):
    results = [
        ended(start(python, DESCRIBE, '--option', 'a b'))
        for python in (sys.executable, forked_python(), forked_python())
    ]

    new, first, second = (json.loads(output) for _, output, _ in results)
    assert first == second == new
    assert new['text'] == 'a line\n' and new['variable'] == 'ä b'
    random_numbers = [number for *_, errors in results for number in errors.split()]
    assert len(set(random_numbers)) == 6


@pytest.mark.parametrize(
    ('program', 'status', 'output', 'last_error'),
    [
        ('print(1)', 0, '1\n', ''),
        ('import sys; print(1); sys.exit(7)', 7, '1\n', ''),
        ('import sys; sys.exit("a reason")', 1, '', 'a reason'),
        ('raise ValueError("no")', 1, '', 'ValueError: no'),
        ('import os; os.kill(os.getpid(), 9)', -9, '', ''),
        ('import atexit; atexit.register(print, 2); print(1)', 0, '1\n2\n', ''),
        (
            'import threading; threading.Timer(0.1, print, ["end"]).start()',
            0,
            'end\n',
            '',
        ),
    ],
)
def test_end_of_the_program(start, program, status, output, last_error):
    found = ended(start(forked_python(), program))

    assert found[:2] == (status, output)
    assert found[2].split('\n')[-2:-1] == ([last_error] if last_error else [])


HANDLES = """
import signal, sys, time
def stop(number, frame):
    print('stopped by', number)
    sys.exit(75)
signal.signal(signal.SIGTERM, stop)
print('ready', flush=True)
time.sleep(60)
"""


def test_signals_are_forwarded(start):
    process = start(forked_python(), HANDLES)
    assert process.stdout.readline() == 'ready\n'

    process.send_signal(signal.SIGTERM)

    number = int(signal.SIGTERM)
    assert ended(process)[:2] == (75, f'stopped by {number}\n')


def test_program_ends_with_a_killed_client(start):
    process = start(forked_python(), f'import os; print(os.getpid())\n{HANDLES}')
    pid = int(process.stdout.readline())
    assert Path('/proc', str(pid)).exists()

    process.kill()

    deadline = time.monotonic() + 60
    while Path('/proc', str(pid)).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


NESTED = """
import subprocess, sys
for options in (['-c', 'print(1)'], ['-u', '-m', 'this'], [__file__, 'end']):
    if sys.argv[1:] != ['end']:
        subprocess.run([sys.executable, *options], check=True)
print('torch' in sys.modules)
"""


def test_programs_start_programs(start):
    status, output, _ = ended(start(forked_python(), NESTED))

    lines = output.splitlines()
    assert status == 0
    assert lines[0] == '1' and lines[1].startswith('The Zen of Python')
    assert lines[-2:] == ['True', 'True']
