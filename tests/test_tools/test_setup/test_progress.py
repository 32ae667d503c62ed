"""Progress of a build from the lines of ninja."""

import io

import pytest

from tools.setup.progress import BuildProgress, as_duration, parse_step

COMPILING = '  [57/77] c++ -MMD -MF /tmp/points_in_boxes.o.d -DNDEBUG -std=c++17'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ('line', 'step'),
    [
        (COMPILING, (57, 77)),
        ('[1/1] c++ -c a.cpp', (1, 1)),
        ('  copying mmcv/ops/nms.py -> build/lib/mmcv/ops', None),
        ('  warning: a[1/2] is unused', None),
        ('', None),
    ],
)
def test_parse_step(line: str, step: tuple[int, int] | None) -> None:
    assert parse_step(line) == step


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [(0.2, '0 s'), (59.4, '59 s'), (60, '1 min'), (134, '2 min 14 s')],
)
def test_as_duration(seconds: float, text: str) -> None:
    assert as_duration(seconds) == text


def build(stream: io.StringIO, seconds_per_file: float) -> None:
    """Run a build of four files with the same time for each."""
    now = iter([0.0, *(100 + seconds_per_file * i for i in range(4))])
    progress = BuildProgress('mmcv', stream, interval=30, clock=lambda: next(now))
    progress.line('  copying mmcv/ops/nms.py -> build/lib/mmcv/ops')
    for done in range(1, 5):
        progress.line(f'  [{done}/4] c++ -c file{done}.cpp')
    progress.close()


def test_lines_at_intervals() -> None:
    stream = io.StringIO()
    build(stream, seconds_per_file=20)
    assert stream.getvalue().splitlines() == [
        'mmcv: 1 of 4 files, 1 min 40 s so far',
        'mmcv: 3 of 4 files, 2 min 20 s so far, about 20 s left',
        'mmcv: 4 of 4 files, 2 min 40 s so far, about 0 s left',
    ]


def test_a_bar_on_a_terminal() -> None:
    stream = Terminal()
    build(stream, seconds_per_file=5)
    shown = stream.getvalue()
    assert shown.count('\r') == 4
    assert f'[{"#" * 15}{"." * 15}] mmcv: 2 of 4 files' in shown
    assert shown.endswith('\n')


def test_nothing_is_shown_for_a_build_without_steps() -> None:
    stream = Terminal()
    BuildProgress('mmcv', stream).close()
    assert stream.getvalue() == ''
