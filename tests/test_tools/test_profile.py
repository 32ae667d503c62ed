"""tools/train.py --profile."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

from setsim_mm.engine.profiling import STEP_PARTS

from .training_helpers import REPO, free_port, run, start_from, write_tiny_config

LONGER = 'train_cfg = dict(max_epochs=5)\n'  # ten steps
SLEEP = """
custom_imports = dict(
    imports=['setsim_mm', 'tests.test_tools.slow_transform'],
    allow_failed_imports=False,
)
train_dataloader['dataset']['pipeline'].insert(0, dict(type='Sleep', seconds=0.25))
"""


@pytest.fixture
def train_in_this_process(in_this_process):
    """Call the tool's main() and give its exit status and what it printed."""
    return partial(in_this_process, 'tools/train.py')


def durations(trace: Path) -> dict[str, list[float]]:
    """Microseconds of all ranges by name, steps under one."""
    result: dict[str, list[float]] = {}
    for event in json.loads(trace.read_text())['traceEvents']:
        if event['ph'] == 'X':
            name = re.sub(r'#\d+$', '', event['name'])
            result.setdefault(name, []).append(event['dur'])
    return result


def waiting_share(output: str) -> float:
    """The percentage that the tool printed."""
    (share,) = re.findall(r'^Waiting for data: ([\d.]+) % of the time', output, re.M)
    return float(share)


def trace_of(output: str) -> Path:
    (path,) = re.findall(
        r'^Profiled \d+ steps and stopped; no checkpoint was saved\. The trace: (.*) '
        r'\(opens in ui\.perfetto\.dev\)$',
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
    times = durations(trace)
    steps = times['ProfilerStep']
    assert len(steps) == 2
    # Both views on both sides, twice the two queues, one update: in each of two steps.
    calls = {name: len(times[name]) / 2 for name in STEP_PARTS}
    assert calls == {
        'preprocessing': 1,
        'backbone, queries': 2,
        'neck, queries': 2,
        'momentum update': 1,
        'shuffling BN': 2,
        'backbone, keys': 2,
        'neck, keys': 2,
        'matcher': 2,
        'losses': 2,
        'queues': 4,
    }
    assert len(times['backward']) == len(times['optimizer']) == 2
    assert 'gloo:all_reduce' in times and 'gloo:all_to_all' in times
    waited = sum(times['enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__'])
    # Printed once, with one decimal.
    assert waiting_share(done.stdout) == pytest.approx(
        100 * waited / sum(steps), abs=0.06
    )
    assert 'Finished' not in done.stdout and 'Warning' not in done.stdout
    assert done.stderr == ''
    assert len(re.findall(r'^aten::.* %  ', done.stdout, re.M)) >= 5


@pytest.mark.slow
def test_slow_data_is_what_a_step_waits_for(train_in_this_process, tmp_path):
    config = write_tiny_config(tmp_path, LONGER + SLEEP)

    status, output, _ = train_in_this_process(config, '--profile', 2)

    assert status == 0
    # Four images of 0.25 s each, and a step of less than half as much.
    assert 50 < waiting_share(output) < 100
    table = output[output.index('Its parts') :].splitlines()
    assert table[4].startswith('waiting for data')


def test_output_folder_is_as_it_was(finished_run, train_in_this_process, tmp_path):
    """Neither checkpoints nor logs are touched, and training goes on from them."""
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
    ('steps', 'sentence'),
    [
        (0, '--profile takes at least 1 step, not 0.'),
        (-3, '--profile takes at least 1 step, not -3.'),
        (
            2,
            '--profile 2 takes 5 steps, 3 of them to warm up, but this training has 4 '
            'left: profile fewer, or raise the epochs of train_cfg.',
        ),
    ],
)
def test_bad_number_is_refused_before_the_first_step(
    steps, sentence, train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path)  # four steps

    status, output, errors = train_in_this_process(config, f'--profile={steps}')

    assert status == 1
    assert errors == f'Error: {sentence}\n'
    assert '(train)' not in output


def test_what_a_resumed_run_has_left_counts(
    finished_run, train_in_this_process, tmp_path
):
    config = write_tiny_config(tmp_path, LONGER)
    checkpoint = finished_run.work_dir / 'epoch_2.pth'  # four of ten steps

    status, output, errors = train_in_this_process(
        config, '--profile', 4, '--resume', checkpoint
    )

    assert status == 1
    assert 'this training has 6 left' in errors and '(train)' not in output
