"""tools/reliability/soak.py with a short training."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from attacks.processes import descendants
from soaking.picture import draw_samples
from soaking.samples import Sample, Watcher, append_sample, read_samples
from soaking.verdict import LIMITS, growth, is_flat, summary

from setsim_mm.visualization.palette import BLUE, GREEN, ORANGE
from tests.test_tools.training_helpers import REPO, environment
from tests.test_visualization.pixels import pixels_of, shows_color

TOOL = REPO / 'tools' / 'reliability' / 'soak.py'
FLAT = [Sample(step, 600, 300, 40, 9, 30.0, 80.0, 1.5) for step in range(100, 900, 50)]


@pytest.mark.parametrize('limit', LIMITS, ids=lambda limit: limit.quantity)
def test_growth_from_the_second_to_the_last_quarter_is_found(limit):
    def grown(share: float) -> list[Sample]:
        value = getattr(FLAT[0], limit.quantity)
        late = {limit.quantity: value * (1 + share)}
        return [s if s.step <= 637 else replace(s, **late) for s in FLAT]

    below, above = limit.ratio - 1 - 0.005, limit.ratio - 1 + 0.005
    assert is_flat(FLAT, limit) and growth(FLAT, limit.quantity) == 1
    assert is_flat(grown(below), limit)
    assert not is_flat(grown(above), limit)
    assert f'NOT flat: {limit.name}' in summary(grown(above))


def test_growth_in_the_first_quarter_does_not_count():
    samples = [replace(s, memory=400) if s.step < 200 else s for s in FLAT]

    assert growth(samples, 'memory') == 1
    assert 'NOT' not in summary(samples)


def test_earlier_samples_of_repeated_steps_are_dropped(tmp_path):
    path = tmp_path / 'samples.jsonl'
    again = [replace(FLAT[2], memory=1.0, start=2), replace(FLAT[3], start=2)]

    assert read_samples(path) == []
    for sample in [*FLAT[:5], *again]:
        append_sample(path, sample)

    assert read_samples(path) == [*FLAT[:2], *again]


def test_a_process_is_measured_with_its_children(tmp_path):
    log = tmp_path / 'now' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    checkpoint = tmp_path / 'epoch_1.pth'
    checkpoint.write_bytes(bytes(2**20))
    program = 'import subprocess, sys, time; subprocess.run(["sleep", "60"])'
    process = subprocess.Popen([sys.executable, '-c', program])
    watcher = Watcher(process.pid, tmp_path, start=3)
    watcher.earlier = set()
    try:
        while not descendants(process.pid):
            time.sleep(0.01)

        def write(*steps: int) -> Sample | None:
            with log.open('a') as file:
                for step in steps:
                    record = dict(step=step, time=step / 1000)
                    file.write(json.dumps(record) + '\n')
            return watcher.sample(every=20)

        assert write(10) is None  # too early
        assert write(20) is None  # the first steps do not count
        size = log.stat().st_size
        sample = write(30, 40, 50)
    finally:
        os.kill(descendants(process.pid)[0], signal.SIGKILL)
        process.wait()

    assert (sample.step, sample.start, sample.checkpoint) == (50, 3, 1.0)
    assert sample.step_time == pytest.approx(40)
    assert sample.log_bytes == (log.stat().st_size - size) / 30
    assert sample.memory > sample.workers > 0
    assert sample.threads == 2 and sample.files >= 6


def test_the_picture_shows_every_quantity():
    figure = draw_samples(FLAT)

    assert len(figure.axes) == 4
    pixels = pixels_of(figure)
    assert all(shows_color(pixels, color) for color in (BLUE, ORANGE, GREEN))
    resumed = [*FLAT[:8], *(replace(sample, start=2) for sample in FLAT[8:])]
    assert len(draw_samples(resumed).axes[0].lines) == len(figure.axes[0].lines) + 1


@pytest.mark.slow
def test_an_interrupted_soak_resumes_and_ends_with_a_verdict(tmp_path):
    command = [sys.executable, str(TOOL), '--steps', '320', '--every', '10']
    options = dict(cwd=tmp_path, env=environment(), text=True)
    first = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
    for line in first.stdout:
        if line.startswith('step '):
            first.terminate()
    assert first.wait(120) == 128 + signal.SIGINT

    second = subprocess.run(command, capture_output=True, timeout=300, **options)

    assert second.returncode in (0, 1), second.stderr  # the machine may be busy
    last = second.stdout.splitlines()[-1]
    assert int(last.split()[0]) > 300 and all(limit.name in last for limit in LIMITS)
    folder = tmp_path / 'work_dirs' / 'soak'
    assert (folder / 'soak.png').stat().st_size > 10_000
    starts = {sample.start for sample in read_samples(folder / 'samples.jsonl')}
    assert starts == {1, 2}
