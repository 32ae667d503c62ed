"""Added memory of work with known memory, in a new process."""

import pytest
import torch

from measurements import added_peak_memory, free_memory
from tests.fresh_process import in_fresh_process

MEGABYTE = 10**6


def allocation(megabytes: int) -> int:
    return added_peak_memory(lambda: torch.ones(megabytes * MEGABYTE // 4))


def sums_of_40_megabytes() -> tuple[int, int]:
    tensor = torch.ones(10 * MEGABYTE)

    def one_after_the_other() -> None:
        for _ in range(5):
            tensor + 1

    def at_once() -> torch.Tensor:
        return (tensor + 1) + (tensor + 2)

    return added_peak_memory(one_after_the_other), added_peak_memory(at_once)


def small_pieces_that_were_freed_before() -> int:
    def small_pieces() -> list[torch.Tensor]:  # malloc does not return these by itself
        return [torch.ones(10_000) for _ in range(1000)]  # 40 MB

    small_pieces()
    return added_peak_memory(small_pieces)


def measure_all() -> dict:
    return {
        'allocations': [allocation(megabytes) for megabytes in (0, 20, 100)],
        'sums': sums_of_40_megabytes(),
        'small': small_pieces_that_were_freed_before(),
    }


@pytest.fixture(scope='module')
def measured() -> dict:
    return in_fresh_process(measure_all)


def test_allocations_are_measured(measured):
    expected = [0, 20 * MEGABYTE, 100 * MEGABYTE]
    assert measured['allocations'] == pytest.approx(expected, abs=2 * MEGABYTE)


def test_the_peak_is_measured_and_not_the_sum(measured):
    one_after_the_other, at_once = measured['sums']
    assert one_after_the_other < 45 * MEGABYTE
    assert at_once > 115 * MEGABYTE


def test_memory_that_was_freed_before_is_measured_again(measured):
    assert measured['small'] == pytest.approx(40 * MEGABYTE, rel=0.1)


def test_free_memory_is_less_than_the_machine_has():
    with open('/proc/meminfo') as file:
        total = 1024 * int(file.readline().split()[1])
    assert 0 < free_memory() < total
