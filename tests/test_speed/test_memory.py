"""Added memory against work whose need is known."""

import pytest
import torch

from setsim_mm.speed import added_peak_memory, free_memory

MEGABYTE = 10**6
pytestmark = pytest.mark.usefixtures('plain_malloc')


@pytest.mark.parametrize('megabytes', [0, 20, 100])
def test_what_is_allocated_is_found(megabytes):
    added = added_peak_memory(lambda: torch.ones(megabytes * MEGABYTE // 4))
    assert added == pytest.approx(megabytes * MEGABYTE, abs=2 * MEGABYTE)


def test_the_peak_counts_and_not_the_sum():
    tensor = torch.ones(10 * MEGABYTE)  # 40 MB

    def one_after_the_other():
        for _ in range(5):
            tensor + 1

    def at_once():
        return (tensor + 1) + (tensor + 2)

    # What the system does meanwhile can only add to it.
    added = min(added_peak_memory(one_after_the_other) for _ in range(3))
    assert added < 45 * MEGABYTE
    assert added_peak_memory(at_once) > 115 * MEGABYTE


def test_memory_that_was_freed_before_is_not_taken_for_no_need():
    def small_pieces():  # below what malloc gives back by itself
        return [torch.ones(10_000) for _ in range(1000)]  # 40 MB

    small_pieces()
    added = added_peak_memory(small_pieces)
    assert added == pytest.approx(40 * MEGABYTE, rel=0.1)


def test_free_memory_is_less_than_the_machine_has():
    with open('/proc/meminfo') as file:
        total = 1024 * int(file.readline().split()[1])
    assert 0 < free_memory() < total
