"""Forked workers end silently on SIGTERM."""

import signal

from tests.test_tools.training_helpers import run_python

POOL = """
from multiprocessing import get_context

from setsim_mm.utils.interrupts import sentence_for_interrupts

with sentence_for_interrupts(lambda: 'how to go on'):
    with get_context('fork').Pool(2) as pool:  # terminated at the end
        print(pool.map(abs, [-1, 1]))
"""


def test_forked_workers_are_silent(tmp_path):
    script = tmp_path / 'pool.py'
    script.write_text(POOL)

    done = run_python(script, cwd=tmp_path)

    assert done.stdout == '[1, 1]\n'
    assert done.stderr == ''


# On one core the parent runs first: the signal arrives before the child's first
# instruction.
FORKS = """
import os
import signal
import time

from setsim_mm.utils.interrupts import sentence_for_interrupts

os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
with sentence_for_interrupts(lambda: 'how to go on'):
    children = []
    for _ in range(50):
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        os.kill(child, signal.SIGTERM)
        children.append(child)
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    print(set(ends))
    os.kill(os.getpid(), signal.SIGTERM)  # still handled by the parent
"""


def test_signal_before_the_first_instruction_ends_a_worker(tmp_path):
    script = tmp_path / 'forks.py'
    script.write_text(FORKS)

    done = run_python(script, cwd=tmp_path, expect=128 + signal.SIGTERM)

    assert done.stdout == f'{{-{int(signal.SIGTERM)}}}\n'
    assert done.stderr == '\nhow to go on\n'
