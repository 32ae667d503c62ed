"""The progress of trials, and the time that is left for all."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from studies.progress import Progress

from .trials import make_trial


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def log(trial, epoch: int, step: int) -> None:
    """Write the files of a trial in one of four epochs, at one of ten steps."""
    trial.work_dir.mkdir(parents=True, exist_ok=True)
    trial.log.write_text(f'Epoch(train)  [{epoch}][{step:3}/10]  lr: 3e-02\n')
    trial.work_dir.joinpath('epoch_1.pth').touch()
    trial.work_dir.joinpath('last_checkpoint').write_text('epoch_1.pth')


@pytest.mark.parametrize('terminal', [False, True])
def test_time_left_counts_what_this_call_has_done(tmp_path: Path, terminal: bool):
    clock = Clock()
    console = Console(file=io.StringIO(), force_terminal=terminal, width=300)
    progress = Progress('three', console, clock)
    trials = [make_trial(tmp_path, seed=seed) for seed in range(3)]
    log(trials[0], epoch=3, step=0)  # half of it was done before
    with progress.over(trials):
        assert progress.time_left() is None
        progress.started(trials[0])
        clock.now = 100.0
        log(trials[0], epoch=4, step=0)  # a quarter in 100 s
        progress.update()
        assert progress.time_left() == pytest.approx(400 * 2.25)
        replace(trials[0].record, metrics=dict(accuracy=60.0)).write()
        progress.finished(trials[0], {})
        assert progress.time_left() == pytest.approx(200 * 2)
    assert '1 of 3 done, about 0:06:40 left' in console.file.getvalue()


def test_progress_of_epochs_and_of_iterations(tmp_path: Path):
    trial = make_trial(tmp_path)
    assert trial.progress() == 0
    log(trial, epoch=3, step=5)
    assert trial.progress() == (2 + 5 / 10) / 4
    by_iteration = make_trial(tmp_path, train_cfg=dict(max_iters=200))
    by_iteration.log.write_text(
        'Iter(train) [ 50/200]  lr: 1e-2\nIter(train) [100/200]'
    )
    assert by_iteration.progress() == 0.5
