"""Counting unreadable images."""

import multiprocessing

import pytest

from setsim_mm.datasets.read_record import ReadRecord


def record(total: int, seen: int, bad: int) -> ReadRecord:
    result = ReadRecord(total)
    for idx in range(bad):
        result.mark_unreadable(idx)
    for idx in range(bad, seen):
        result.mark_read(idx)
    return result


@pytest.mark.parametrize(
    ('total', 'seen', 'bad', 'share', 'expected'),
    [
        # Small sets: the share is that of all images, rounded up.
        (10, 1, 1, 0.01, False),
        (10, 10, 1, 0.01, False),
        (10, 2, 2, 0.01, True),
        (150, 20, 15, 0.1, False),
        (150, 20, 16, 0.1, True),
        (100, 100, 7, 0.07, False),
        (100, 100, 8, 0.07, True),
        # Large sets: the share of what was seen, but of 1,000 at the least.
        (1_000_000, 10, 10, 0.01, False),
        (1_000_000, 11, 11, 0.01, True),
        (1_000_000, 5_000, 50, 0.01, False),
        (1_000_000, 5_000, 51, 0.01, True),
        # The two ends.
        (10, 1, 1, 0.0, True),
        (10, 10, 0, 0.0, False),
        (10, 10, 10, 1.0, False),
    ],
)
def test_too_many(
    total: int, seen: int, bad: int, share: float, expected: bool
) -> None:
    assert record(total, seen, bad).exceeds(share) == expected


def test_files_are_counted_once() -> None:
    result = ReadRecord(5)
    assert result.mark_unreadable(3)
    assert not result.mark_unreadable(3)
    assert (result.num_seen, result.num_unreadable) == (1, 1)
    assert result.unreadable_indices() == [3]


def test_a_repaired_file() -> None:
    result = ReadRecord(5)
    result.mark_unreadable(3)
    result.mark_read(3)
    assert (result.num_seen, result.num_unreadable) == (1, 0)


def test_other_processes_write_to_it() -> None:
    result = ReadRecord(5)
    process = multiprocessing.get_context('fork').Process(
        target=result.mark_unreadable, args=(2,)
    )
    process.start()
    process.join()
    assert result.unreadable_indices() == [2]
