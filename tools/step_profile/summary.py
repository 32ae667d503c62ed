"""Summarize a trace: waiting for data, parts of a step, expensive operations."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial

import pandas as pd
from torch.autograd import DeviceType
from torch.autograd.profiler_util import FunctionEvent

# PyTorch's names of a step and of waiting for a batch.
STEP, WAITING = 'ProfilerStep', 'enumerate(DataLoader)'
DATA, BACKWARD, REST = 'waiting for data', 'backward', 'the rest'


@dataclass(frozen=True)
class Summary:
    """Time of some training steps.

    Args:
        steps (list[float]): Seconds of each step, from the end of the previous one.
        waiting (list[float]): Seconds of each step in which the process waited for
            data.
        on_gpu (bool): Whether the tables have the time on the GPU, or on the CPU.
        parts (pd.DataFrame): ``part``, ``ms a step`` and ``share`` of each label. No
            time is counted twice.
        operations (pd.DataFrame): ``operation``, ``ms a step``, ``share`` and ``calls
            a step``, sorted by the operation's own time, the longest first.
    """

    steps: list[float]
    waiting: list[float]
    on_gpu: bool
    parts: pd.DataFrame
    operations: pd.DataFrame

    @property
    def waiting_shares(self) -> list[float]:
        """Share of each step that was spent waiting for data, in percent."""
        pairs = zip(self.waiting, self.steps, strict=True)
        return [100 * waiting / step for waiting, step in pairs]

    def __str__(self) -> str:
        """Return the summary as text."""
        device = 'GPU' if self.on_gpu else 'CPU'
        total = 100 * sum(self.waiting) / sum(self.steps)
        shares = self.waiting_shares
        step = 1000 * sum(self.steps) / len(self.steps)
        return (
            f'A step takes {step:.1f} ms. Its parts, by their time on the {device}:\n\n'
            f'{_table(self.parts)}\n\n'
            f'The {len(self.operations)} most expensive operations, by their own time '
            f'on the {device}:\n\n{_table(self.operations)}\n\n'
            f'Waiting for data: {total:.1f} % of the time '
            f'({min(shares):.1f} to {max(shares):.1f} % of a step).'
        )


def summarize(
    events: Iterable[FunctionEvent], names: Collection[str], most: int = 10
) -> Summary:
    """Summarize the events of a profiler.

    Args:
        events (Iterable[FunctionEvent]): From :meth:`torch.profiler.profile.events`,
            for one or more steps.
        names (Collection[str]): Labels of the parts of a step.
        most (int): Number of operations to list. Defaults to 10.

    Returns:
        Summary: Time on the GPU if kernels ran there, otherwise on the CPU.

    Raises:
        ValueError: If the events have no step.
    """
    # CPU events suffice: they have the kernels that they started.
    events = [event for event in events if event.device_type == DeviceType.CPU]
    steps = [event for event in events if event.name.startswith(STEP)]
    if not steps:
        raise ValueError('the trace has no complete step.')
    waits = [event for event in events if event.name.startswith(WAITING)]
    waiting = [
        sum(_seconds(wait) for wait in waits if _is_within(wait, step))
        for step in steps
    ]

    on_gpu = any(event.kernels for event in events)
    own_time = _own_kernel_time if on_gpu else _own_time
    if not on_gpu:
        # Other threads run at the same time and do not extend the step.
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
    """Return a table of the events' own time by a key, the longest first."""
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
    """Return the innermost part of an event."""
    ancestor = event
    while ancestor is not None:
        if ancestor.name.startswith(WAITING):
            return DATA
        if ancestor.name in names:
            return ancestor.name
        ancestor = ancestor.cpu_parent
    # For a GPU, autograd has its own thread.
    return REST if event.thread == main_thread else BACKWARD


def _shown_name(event: FunctionEvent, names: Collection[str]) -> str:
    """Return the name of an event; the own time of a label is that of Python."""
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
