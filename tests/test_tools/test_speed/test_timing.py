"""Timing in turn, with a clock that the calls advance."""

from measurements import time_in_turn


def test_calls_are_timed_in_turn_after_the_warm_up():
    now, calls = [0.0], []

    def call(name: str, seconds: float) -> None:
        calls.append(name)
        now[0] += seconds * len(calls)

    seconds = time_in_turn(
        {'a': lambda: call('a', 1.0), 'b': lambda: call('b', 0.5)},
        repeats=2,
        warmup=1,
        clock=lambda: now[0],
    )

    assert calls == list('ab' * 3)
    assert seconds == {'a': [3.0, 5.0], 'b': [2.0, 3.0]}
