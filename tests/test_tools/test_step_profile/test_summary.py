"""Summaries of events with known times."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import torch
from torch.autograd import DeviceType
from torch.profiler import record_function

from setsim_mm.engine.profiling import make_profiler
from tools.step_profile.summary import summarize

NEXT = 'enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__'


@dataclass
class Event:
    """The attributes of PyTorch's FunctionEvent that summarize() reads, in µs."""

    name: str
    start: float
    end: float
    children: list['Event'] = field(default_factory=list)
    kernels: tuple[float, ...] = ()
    thread: int = 1
    device_type: DeviceType = DeviceType.CPU
    cpu_parent: 'Event | None' = None

    def __post_init__(self):
        self.time_range = SimpleNamespace(
            start=self.start, end=self.end, elapsed_us=lambda: self.end - self.start
        )
        self.kernels = [SimpleNamespace(duration=time) for time in self.kernels]
        for child in self.children:
            child.cpu_parent = self

    @property
    def self_cpu_time_total(self):
        inside = sum(child.end - child.start for child in self.children)
        return self.end - self.start - inside

    def tree(self):
        yield self
        for child in self.children:
            yield from child.tree()


def step(start, kernels=()):
    """1,000 µs: 300 waiting, 500 in the encoder (200 of them nested), 100 of add."""
    inner = Event('aten::conv', start + 450, start + 600, kernels=kernels)
    nested = Event('keys', start + 400, start + 600, [inner])
    return Event(
        'ProfilerStep#3',
        start,
        start + 1000,
        [
            Event(NEXT, start, start + 300),
            Event('encoder', start + 300, start + 800, [nested]),
            Event('aten::add', start + 850, start + 950, kernels=kernels[:1]),
        ],
    )


def as_dict(frame, column):
    return dict(zip(frame.iloc[:, 0], frame[column], strict=True))


def test_parts_count_no_time_twice():
    events = [*step(0).tree(), *step(2000).tree()]

    summary = summarize(events, {'encoder', 'keys'})

    assert summary.steps == pytest.approx([1e-3, 1e-3]) and not summary.on_gpu
    assert summary.waiting == pytest.approx([3e-4, 3e-4])
    assert summary.waiting_shares == pytest.approx([30, 30])
    assert as_dict(summary.parts, 'ms a step') == pytest.approx(
        {'waiting for data': 0.3, 'encoder': 0.3, 'keys': 0.2, 'the rest': 0.2}
    )
    assert summary.parts['share'].sum() == pytest.approx(100)


def test_operations_are_sorted_by_their_own_time():
    summary = summarize([*step(0).tree(), *step(2000).tree()], {'encoder', 'keys'})

    own = as_dict(summary.operations, 'ms a step')
    assert own == pytest.approx(
        {
            'waiting for data': 0.3,
            'Python in encoder': 0.3,
            'aten::conv': 0.15,
            'aten::add': 0.1,
            'Python in the rest': 0.1,
            'Python in keys': 0.05,
        }
    )
    assert list(own.values()) == sorted(own.values(), reverse=True)
    assert as_dict(summary.operations, 'calls a step')['aten::conv'] == 1
    assert len(summarize(step(0).tree(), {'encoder'}, most=2).operations) == 2


def test_other_threads_do_not_count_on_the_cpu():
    busy = Event('aten::copy_', 0, 900, thread=2)

    summary = summarize([*step(0).tree(), busy], {'encoder', 'keys'})

    assert 'aten::copy_' not in as_dict(summary.operations, 'share')
    assert summary.parts['ms a step'].sum() == pytest.approx(1)


def test_kernels_count_on_a_gpu():
    """The autograd engine's thread starts kernels, too; GPU events are not added."""
    backward = Event('aten::conv_backward', 300, 310, kernels=(400.0,), thread=2)
    kernel = Event('sgemm', 300, 700, device_type=DeviceType.CUDA)

    summary = summarize(
        [*step(0, kernels=(100.0, 50.0)).tree(), backward, kernel], {'encoder', 'keys'}
    )

    assert summary.on_gpu
    assert as_dict(summary.parts, 'ms a step') == pytest.approx(
        {'backward': 0.4, 'keys': 0.15, 'the rest': 0.1}
    )
    assert as_dict(summary.operations, 'ms a step') == pytest.approx(
        {'aten::conv_backward': 0.4, 'aten::conv': 0.15, 'aten::add': 0.1}
    )
    assert summary.waiting_shares == pytest.approx([30])  # the process did wait
    assert 'on the GPU' in str(summary)


def test_text_has_shares_and_table():
    text = str(summarize(step(0).tree(), {'encoder', 'keys'}))

    assert text.startswith('A step takes 1.0 ms.')
    assert text.endswith(
        'Waiting for data: 30.0 % of the time (30.0 to 30.0 % of a step).'
    )
    assert any(
        line.split() == ['aten::conv', '0.15', '15.0', '%', '1']
        for line in text.splitlines()
    )


def test_events_of_the_profiler_itself():
    """PyTorch's events have the attributes that are read."""
    schedule = torch.profiler.schedule(wait=0, warmup=1, active=2, repeat=1)
    data = torch.utils.data.DataLoader(torch.rand(3, 64, 64))
    with make_profiler(schedule=schedule) as profiler:
        for images in data:
            with record_function('product'):
                images @ images
            profiler.step()

    summary = summarize(profiler.events(), {'product'})

    assert len(summary.steps) == 2 and summary.parts['share'].sum() == pytest.approx(
        100
    )
    assert all(0 < share < 100 for share in summary.waiting_shares)
    assert {'product', 'waiting for data'} <= set(summary.parts['part'])
    assert summary.parts['ms a step'].sum() == pytest.approx(
        1000 * sum(summary.steps) / 2, rel=1e-6
    )


def test_no_step_is_an_error():
    with pytest.raises(ValueError, match='no complete step'):
        summarize([Event('aten::add', 0, 1)], set())
