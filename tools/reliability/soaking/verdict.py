"""Check whether quantities grow during a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .samples import Sample, values


@dataclass(frozen=True)
class Limit:
    """The limit of a quantity's growth.

    Args:
        quantity (str): A field of :class:`~.samples.Sample`.
        name (str): Name for messages.
        ratio (float): Maximum ratio of late to early.
    """

    quantity: str
    name: str
    ratio: float


# Memory varies with the allocator, open files with the prefetched batches, step time
# with other load, log lines with the digits of the epoch. A leak of one file or thread
# per epoch exceeds its limit within some epochs.
LIMITS = (
    Limit('memory', 'memory', 1.05),
    Limit('workers', 'memory of the workers', 1.05),
    Limit('files', 'open files', 1.1),
    Limit('threads', 'threads', 1.1),
    Limit('step_time', 'step time', 1.15),
    Limit('log_bytes', 'log bytes a step', 1.02),
    Limit('checkpoint', 'checkpoint size', 1.01),
)


def quarter(samples: Sequence[Sample], number: int) -> list[Sample]:
    """Return the samples of a quarter of the run.

    Args:
        samples (Sequence[Sample]): Samples by increasing steps.
        number (int): Number of the quarter, from 1 to 4.
    """
    last = samples[-1].step
    begin, end = (number - 1) * last / 4, number * last / 4
    return [sample for sample in samples if begin < sample.step <= end]


def growth(samples: Sequence[Sample], quantity: str) -> float:
    """Return the median of the last quarter divided by that of the second.

    Args:
        samples (Sequence[Sample]): Samples by increasing steps, with both quarters.
        quantity (str): A field of :class:`~.samples.Sample`.

    Returns:
        float: The ratio; 1 if both are 0.

    Examples:
        >>> from dataclasses import replace
        >>> one = Sample(1, 100, 50, 20, 4, 30.0, 80.0, 1.5)
        >>> samples = [replace(one, step=i, memory=100 + i) for i in (1, 2, 3, 4)]
        >>> round(growth(samples, 'memory'), 2)
        1.02
    """
    early, late = (median(values(quarter(samples, n), quantity)) for n in (2, 4))
    if early == 0:
        return 1.0 if late == 0 else float('inf')
    return late / early


def is_flat(samples: Sequence[Sample], limit: Limit) -> bool:
    """Return whether a quantity has not grown beyond its limit."""
    return growth(samples, limit.quantity) <= limit.ratio


def summary(samples: Sequence[Sample]) -> str:
    """Return a line with the growth and the limit of each quantity."""
    parts = [
        f'{limit.name} {growth(samples, limit.quantity):.3f} (limit {limit.ratio})'
        for limit in LIMITS
    ]
    flat = all(is_flat(samples, limit) for limit in LIMITS)
    grown = [limit.name for limit in LIMITS if not is_flat(samples, limit)]
    verdict = 'flat' if flat else f'NOT flat: {", ".join(grown)}'
    return (
        f'{samples[-1].step:,} steps, {verdict}. Median of the last quarter divided by '
        f'that of the second: {", ".join(parts)}.'
    )
