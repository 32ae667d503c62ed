"""Calls in a process of their own."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def in_fresh_process(function: Callable, *arguments: object) -> object:
    """Return what a function returns in a newly started interpreter.

    What the tests before have left in malloc's heap changes how much memory a piece
    of work adds to a process: in a new one the measurement is exact.

    Args:
        function (Callable): At the top level of a module.
        *arguments (object): Can be pickled, like the result.
    """
    with ProcessPoolExecutor(1, mp_context=get_context('spawn')) as process:
        return process.submit(function, *arguments).result()
