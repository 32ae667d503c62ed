"""Timing in turn."""

import time

from measurements import time_in_turn
from measurements.timing import CLOCKS


def test_candidates_take_turns():
    calls = []
    candidates = {name: lambda name=name: calls.append(name) for name in 'abc'}
    seconds = time_in_turn(candidates, repeats=2, warmup=1)
    assert calls == list('abc' * 3)
    assert list(seconds) == list('abc')
    assert [len(values) for values in seconds.values()] == [2, 2, 2]
    assert all(value >= 0 for values in seconds.values() for value in values)


def test_a_call_is_timed_whole():
    seconds = time_in_turn({'sleep': lambda: time.sleep(0.02)}, repeats=1, warmup=0)
    assert seconds['sleep'][0] >= 0.02


def test_the_processors_clock_does_not_count_waiting():
    sleep = {'sleep': lambda: time.sleep(0.1)}
    seconds = time_in_turn(sleep, repeats=1, warmup=0, clock=CLOCKS['cpu'])
    assert seconds['sleep'][0] < 0.05
