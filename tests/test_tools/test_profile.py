"""tools/train.py --profile."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

from setsim_mm.engine.profiling import STEP_PARTS

from .marked_transform import RANGE
from .training_helpers import REPO, free_port, run, start_from, write_tiny_config

LONGER = 'train_cfg = dict(max_epochs=5)\n'  # ten steps
MARKED = """
custom_imports = dict(
    imports=['setsim_mm', 'tests.test_tools.marked_transform'],
    allow_failed_imports=False,
)
train_dataloader['dataset']['pipeline'].insert(0, dict(type='MarkedTransform'))
"""
WAITING = 'enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__'


@pytest.fixture
def train_in_this_process(in_this_process):
    """Call main() of the program; return its exit status, output and errors."""
    return partial(in_this_process, 'tools/train.py')


def ranges_of(trace: Path) -> dict[str, list[tuple[float, float]]]:
    """Return begin and duration of all ranges in microseconds by name."""
    result: dict[str, list[tuple[float, float]]] = {}
    for event in json.loads(trace.read_text())['traceEvents']:
        if event['ph'] == 'X':
            name = re.sub(r'#\d+$', '', event['name'])  # the number of a step
            result.setdefault(name, []).append((event['ts'], event['dur']))
    return result


def assert_waiting_share(output: str, ranges: dict) -> None:
    """Compare the printed percentage with the trace."""
    (share,) = re.findall(r'^Waiting for data: ([\d.]+) % of the time', output, re.M)
    waiting, steps = (
        sum(duration for _, duration in ranges[name])
        for name in (WAITING, 'ProfilerStep')
    )
    assert float(share) == pytest.approx(100 * waiting / steps, abs=0.06)  # one decimal


def trace_of(output: str) -> Path:
    (path,) = re.findall(
        r'^Profiled \d+ steps .*: (.*) \(opens in ui\.perfetto\.dev\)$',
        output.strip().splitlines()[-1],
    )
    return Path(path)


def test_two_processes_stop_together_and_the_first_writes_the_trace(tmp_path):
    config = write_tiny_config(tmp_path, LONGER)

    done = run(
        REPO / 'tools/dist_train.sh', config, 2, '--profile', 2, '--work-dir', 'o u',
        '--cfg-options', 'train_dataloader.batch_size=2',
        cwd=tmp_path, PORT=str(free_port()),
    )  # fmt: skip

    trace = trace_of(done.stdout)
    assert list((tmp_path / 'o u').rglob('*.pt.trace.json')) == [trace]
    ranges = ranges_of(trace)
    assert len(ranges['ProfilerStep']) == 2
    # In each step: both views on both sides, two queues twice, one
    # update; the losses of both directions at once.
    calls = {name: len(ranges[name]) / 2 for name in STEP_PARTS}
    assert calls == {
        'preprocessing': 1,
        'backbone, queries': 2,
        'neck, queries': 2,
        'momentum update': 1,
        'shuffling BN': 2,
        'backbone, keys': 2,
        'neck, keys': 2,
        'matcher': 2,
        'losses': 1,
        'queues': 4,
    }
    assert len(ranges['backward']) == len(ranges['optimizer']) == 2
    assert 'gloo:all_reduce' in ranges and 'gloo:all_to_all' in ranges
    assert_waiting_share(done.stdout, ranges)
    assert 'Finished' not in done.stdout and 'Warning' not in done.stdout
    assert done.stderr == ''
    operations = re.findall(r'^(\w+)[:.#]\S* .* %  ', done.stdout, re.M)
    assert len(operations) >= 5 and 'aten' in operations


@pytest.mark.slow
def test_time_of_the_pipeline_is_waiting_for_data(train_in_this_process, tmp_path):
    config = write_tiny_config(tmp_path, LONGER + MARKED)

    status, output, _ = train_in_this_process(config, '--profile', 2)

    assert status == 0
    ranges = ranges_of(trace_of(output))
    assert len(ranges[RANGE]) == 2 * 4  # four images in each step
    for begin, duration in ranges[RANGE]:
        assert any(
            start <= begin and begin + duration <= start + waited
            for start, waited in ranges[WAITING]
        )
    assert_waiting_share(output, ranges)
    parts = output[output.index('Its parts') : output.index('most expensive')]
    assert 'waiting for data' in parts


def test_output_folder_is_unchanged(finished_run, train_in_this_process, tmp_path):
    """Checkpoints and logs do not change, and training resumes from them."""
    config = write_tiny_config(tmp_path, LONGER)
    work_dir = start_from(tmp_path / 'out', finished_run.work_dir, epoch=2)
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in work_dir.iterdir()
    }

    status, output, _ = train_in_this_process(
        config, '--profile', 1, '--resume', '--work-dir', work_dir
    )

    assert status == 0
    assert f'Resuming from {work_dir}/epoch_2.pth.' in output
    assert '[3][1/2]' in output and '[1][1/2]' not in output
    assert {path for path in work_dir.iterdir()} == {*before, work_dir / 'profile'}
    for path, (content, time) in before.items():
        assert path.read_bytes() == content and path.stat().st_mtime_ns == time
    assert not list((work_dir / 'profile').rglob('*.pth'))
    assert trace_of(output).is_relative_to(work_dir / 'profile')


@pytest.mark.parametrize(
    ('steps', 'facts'),
    [
        (0, ['--profile', 'at least 1', 'not 0']),
        (-3, ['--profile', 'at least 1', 'not -3']),
        (2, ['--profile 2', '5 steps', '3 of them', '4 left', 'train_cfg']),
    ],
)
def test_a_bad_number_of_steps_is_an_error_before_the_first_step(
    steps, facts, train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path)  # four steps

    status, output, errors = train_in_this_process(config, f'--profile={steps}')

    assert status == 1
    assert all(fact in errors for fact in facts) and errors.count('\n') == 1
    assert '(train)' not in output


def test_only_the_remaining_steps_of_a_resumed_run_count(
    finished_run, train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path, LONGER)
    checkpoint = finished_run.work_dir / 'epoch_2.pth'  # four of ten steps

    status, output, errors = train_in_this_process(
        config, '--profile', 4, '--resume', checkpoint
    )

    assert status == 1
    assert '6 left' in errors and '(train)' not in output
