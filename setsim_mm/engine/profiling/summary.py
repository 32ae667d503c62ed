"""What a trace says: the share of waiting, the parts, the costly operations."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial

import pandas as pd
from torch.autograd import DeviceType
from torch.autograd.profiler_util import FunctionEvent

# PyTorch's own names for one step, and for asking a DataLoader for a batch.
STEP, WAITING = 'ProfilerStep', 'enumerate(DataLoader)'
DATA, BACKWARD, REST = 'waiting for data', 'backward', 'the rest'


@dataclass(frozen=True)
class Summary:
    """Where the time of some training steps went.

    Args:
        steps (list[float]): Seconds of each step, from the end of the one before.
        waiting (list[float]): Seconds of each in which the process waited for data.
        on_gpu (bool): Whether the tables count time on the GPU, or else on the CPU.
        parts (pd.DataFrame): ``part``, ``ms a step`` and ``share`` of what was named;
            no time is counted twice.
        operations (pd.DataFrame): ``operation``, ``ms a step``, ``share`` and ``calls
            a step``, by the time that each took itself, the longest first.
    """

    steps: list[float]
    waiting: list[float]
    on_gpu: bool
    parts: pd.DataFrame
    operations: pd.DataFrame

    @property
    def waiting_shares(self) -> list[float]:
        """The share of each step, in percent, that was spent waiting for data."""
        pairs = zip(self.waiting, self.steps, strict=True)
        return [100 * waiting / step for waiting, step in pairs]

    def __str__(self) -> str:
        """Write it for people."""
        device = 'GPU' if self.on_gpu else 'CPU'
        total = 100 * sum(self.waiting) / sum(self.steps)
        shares = self.waiting_shares
        step = 1000 * sum(self.steps) / len(self.steps)
        return (
            f'A step takes {step:.1f} ms. Its parts, by their time on the {device}:\n\n'
            f'{_table(self.parts)}\n\n'
            f'The {len(self.operations)} most expensive things, by the time that each '
            f'takes itself on the {device}:\n\n{_table(self.operations)}\n\n'
            f'Waiting for data: {total:.1f} % of the time '
            f'({min(shares):.1f} to {max(shares):.1f} % of a step).'
        )


def summarize(
    events: Iterable[FunctionEvent], names: Collection[str], most: int = 10
) -> Summary:
    """Add up the events of a profiler.

    Args:
        events (Iterable[FunctionEvent]): What :meth:`torch.profiler.profile.events`
            gives of one or more steps.
        names (Collection[str]): Names of the ranges that are parts of a step.
        most (int): How many operations to list. Defaults to 10.

    Returns:
        Summary: Of what ran on the GPU where something did, else on the CPU.

    Raises:
        ValueError: If there is no step among the events.
    """
    # What the device did is known from the calls, which hold the kernels they started.
    events = [event for event in events if event.device_type == DeviceType.CPU]
    steps = [event for event in events if event.name.startswith(STEP)]
    if not steps:
        raise ValueError('the profiler saw no whole step.')
    waits = [event for event in events if event.name.startswith(WAITING)]
    waiting = [
        sum(_seconds(wait) for wait in waits if _is_within(wait, step))
        for step in steps
    ]

    on_gpu = any(event.kernels for event in events)
    own_time = _own_kernel_time if on_gpu else _own_time
    if not on_gpu:
        # What other threads do meanwhile is not time that the step takes longer.
        events = [event for event in events if event.thread == steps[0].thread]
    part = partial(_part_of, names=names, main_thread=steps[0].thread)
    return Summary(
        steps=[_seconds(step) for step in steps],
        waiting=waiting,
        on_gpu=on_gpu,
        parts=_added_up('part', events, part, own_time, len(steps)),
        operations=_added_up(
            'operation',
            events,
            partial(_shown_name, names=names),
            own_time,
            len(steps),
            calls=True,
        ).head(most),
    )


def _added_up(
    title: str,
    events: list[FunctionEvent],
    key: Callable[[FunctionEvent], str],
    own_time: Callable[[FunctionEvent], float],
    steps: int,
    calls: bool = False,
) -> pd.DataFrame:
    """Add up the events' own microseconds by a key, the largest sum first."""
    microseconds, counts = Counter(), Counter()
    for event in events:
        name = key(event)
        microseconds[name] += own_time(event)
        counts[name] += 1
    total = sum(microseconds.values()) or 1
    rows = [
        {
            title: name,
            'ms a step': value / 1000 / steps,
            'share': 100 * value / total,
            'calls a step': counts[name] / steps,
        }
        for name, value in microseconds.most_common()
        if value > 0
    ]
    columns = [title, 'ms a step', 'share', 'calls a step']
    return pd.DataFrame(rows, columns=columns if calls else columns[:-1])


def _part_of(event: FunctionEvent, names: Collection[str], main_thread: int) -> str:
    """Name the innermost part that an event belongs to."""
    ancestor = event
    while ancestor is not None:
        if ancestor.name.startswith(WAITING):
            return DATA
        if ancestor.name in names:
            return ancestor.name
        ancestor = ancestor.cpu_parent
    # Autograd works for a GPU in a thread of its own.
    return REST if event.thread == main_thread else BACKWARD


def _shown_name(event: FunctionEvent, names: Collection[str]) -> str:
    """Say what an event's own time is; a range's own is not in any operation."""
    if event.name.startswith(WAITING):
        return DATA
    if event.name.startswith(STEP):
        return f'Python in {REST}'
    return f'Python in {event.name}' if event.name in names else event.name


def _own_time(event: FunctionEvent) -> float:
    return event.self_cpu_time_total


def _own_kernel_time(event: FunctionEvent) -> float:
    return sum(kernel.duration for kernel in event.kernels)


def _seconds(event: FunctionEvent) -> float:
    return event.time_range.elapsed_us() / 1e6


def _is_within(inner: FunctionEvent, outer: FunctionEvent) -> bool:
    return (
        outer.time_range.start <= inner.time_range.start
        and inner.time_range.end <= outer.time_range.end
    )


def _table(frame: pd.DataFrame) -> str:
    shown = frame.assign(share=frame['share'].map('{:.1f} %'.format))
    shown['ms a step'] = frame['ms a step'].map('{:.2f}'.format)
    if 'calls a step' in frame:
        shown['calls a step'] = frame['calls a step'].map('{:g}'.format)
    return shown.to_markdown(
        index=False, disable_numparse=True, tablefmt='simple',
        colalign=('left', *['right'] * (len(frame.columns) - 1)),
    )  # fmt: skip
