import os
import signal
import subprocess
import threading
from multiprocessing import get_context

import pytest

from setsim_mm.utils import interrupts, stop_request
from setsim_mm.utils.interrupts import Terminated
from setsim_mm.utils.stop_request import StopRequest, obey_parent_only
from tools import launch


def in_a_child(work, *arguments) -> int:
    """Run a function in a forked process and return its exit status."""
    child = get_context('fork').Process(target=work, args=arguments)
    child.start()
    child.join(60)
    return child.exitcode


@pytest.mark.parametrize(
    'number, error', [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)]
)
def test_signal_is_recorded_without_an_exception(number, error):
    before = signal.getsignal(number)

    with StopRequest() as stop:
        assert not stop.agreed()
        os.kill(os.getpid(), number)
        assert stop.agreed() and stop.signal == number
        with pytest.raises(error):
            stop.end_run()

    assert signal.getsignal(number) is before


def test_nothing_is_recorded_outside_of_the_main_thread():
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def work():
        with StopRequest() as stop:
            seen.append((signal.getsignal(signal.SIGTERM), stop.agreed()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [(before, False)]


def press_ctrl_c_twice(apart: float) -> None:
    stop_request.ONE_CTRL_C = apart
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        os._exit(7 if stop.agreed() else 8)


def test_second_ctrl_c_ends_at_once_but_not_a_repeated_signal():
    assert in_a_child(press_ctrl_c_twice, 0.0) == 128 + signal.SIGINT
    assert in_a_child(press_ctrl_c_twice, 60.0) == 7


def signals_of_others(pipe) -> None:
    obey_parent_only()
    for number in ('TERM', 'INT'):
        subprocess.run(['kill', f'-{number}', str(os.getpid())], check=True)
    pipe.send('alive')
    signal.pause()


def test_data_worker_ends_only_on_its_parents_signal():
    mine, theirs = get_context('fork').Pipe()
    child = get_context('fork').Process(target=signals_of_others, args=(theirs,))
    child.start()
    assert mine.recv() == 'alive'

    child.terminate()
    child.join(60)

    assert child.exitcode == 0


def test_requeue_status_is_the_same_in_the_launcher():
    assert launch.REQUEUE == interrupts.REQUEUE == 75
