"""Workers that a run starts end without a word when the run ends them."""

from tests.test_tools.training_helpers import run_python

POOL = """
from multiprocessing import get_context

from setsim_mm.utils.interrupts import sentence_for_interrupts

with sentence_for_interrupts(lambda: 'how to go on'):
    with get_context('fork').Pool(2) as pool:  # which it terminates at the end
        print(pool.map(abs, [-1, 1]))
"""


def test_forked_workers_are_silent(tmp_path):
    script = tmp_path / 'pool.py'
    script.write_text(POOL)

    done = run_python(script, cwd=tmp_path)

    assert done.stdout == '[1, 1]\n'
    assert done.stderr == ''
