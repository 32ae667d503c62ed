"""Curves from recorded logs."""

from pathlib import Path

import numpy as np
import pytest

from setsim_mm.runs import Curve, read_curves
from setsim_mm.utils import UserError
from tests.test_visualization.logs import loss, write_log, write_run


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    return write_run(tmp_path / 'run')


def test_reads_every_quantity_at_its_steps(work_dir: Path) -> None:
    curves = read_curves(work_dir)
    assert curves['loss'].steps.tolist() == list(range(1, 21))
    assert curves['loss'].values[-1] == 3
    assert curves['correspondence_precision'].steps.tolist() == [0, 10, 20]
    assert curves['correspondence_precision'].values.tolist() == [0.4, 0.525, 0.65]


def test_the_last_run_replaces_an_earlier_one(work_dir: Path) -> None:
    write_log(work_dir, '20260102_120000', [loss(5, 1.0)], 'resume = False')
    assert read_curves(work_dir)['loss'].steps.tolist() == [5]


def test_a_resumed_run_continues_the_earlier_one(work_dir: Path) -> None:
    later = [loss(step, 1.0) for step in range(16, 26)]
    write_log(work_dir, '20260102_120000', later, 'resume = True')
    curve = read_curves(work_dir)['loss']
    assert curve.steps.tolist() == list(range(1, 26))
    assert curve.values[14] == 3.5 and curve.values[15:].tolist() == [1.0] * 10


def test_smoothing_is_a_mean_over_what_is_there() -> None:
    curve = Curve(np.arange(5), np.array([1.0, 2.0, 6.0, 1.0, 3.0]))
    assert curve.smoothed(1).tolist() == curve.values.tolist()
    assert curve.smoothed(3).tolist() == [1.5, 3, 3, pytest.approx(10 / 3), 2]
    assert curve.smoothed(99).shape == (5,)


def test_no_log_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='there is no training log'):
        read_curves(tmp_path)


def test_the_config_of_a_run_is_read_and_not_executed(work_dir: Path) -> None:
    marker = work_dir / 'marker'
    attack = f'resume = [__import__("os").mkdir({str(marker)!r})]\n'
    write_log(work_dir, '20260102_120000', [loss(16, 1.0)], attack)
    assert read_curves(work_dir)['loss'].steps.tolist() == list(range(1, 17))
    assert not marker.exists()


def test_half_a_line_at_the_end_is_left_out(work_dir: Path) -> None:
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    whole = log.read_text()
    log.write_text(whole + '{"loss": 1.0, "st')
    assert read_curves(work_dir)['loss'].steps.tolist() == list(range(1, 21))


@pytest.mark.parametrize('line', ['{"loss": 1', '[1]', '{"loss": 1}', '[' * 10**5])
def test_a_log_that_is_none_is_named(line: str, work_dir: Path) -> None:
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    log.write_text(f'{line}\n{log.read_text()}')
    with pytest.raises(UserError, match=r'scalars\.json.*line 1'):
        read_curves(work_dir)


def test_a_config_that_is_none_is_named(work_dir: Path) -> None:
    write_log(work_dir, '20260102_120000', [loss(16, 1.0)], 'no config')
    with pytest.raises(UserError, match=r'config\.py'):
        read_curves(work_dir)
