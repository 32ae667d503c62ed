"""Metrics: their scaled values and texts, and the last values of a log."""

import pytest

from setsim_mm.runs.metrics import PROBES, Metric, last_values
from tests.test_visualization.logs import write_log


def test_last_value_of_everything_that_was_logged(tmp_path):
    records = [dict(knn_accuracy=50.0, step=10), dict(knn_accuracy=61.25, step=20)]
    write_log(tmp_path, '20260101_120000', [*records, dict(loss=1.0, step=21)])
    assert last_values(tmp_path) == dict(knn_accuracy=61.25, loss=1.0)


def test_run_without_a_log(tmp_path):
    with pytest.raises(FileNotFoundError):
        last_values(tmp_path)


def test_value_is_scaled_and_written_with_its_unit():
    accuracy = next(metric for metric in PROBES if metric.name == 'knn_accuracy')
    assert accuracy.format(accuracy.of(dict(knn_accuracy=61.25))) == '61.2 %'
    fraction = Metric('knn_accuracy', 'k-NN accuracy', scale=0.01)
    assert fraction.of(dict(knn_accuracy=61.25)) == pytest.approx(0.6125)


@pytest.mark.parametrize('logged', [None, {}, dict(loss=1.0)])
def test_metric_that_was_not_logged_has_no_value(logged):
    assert PROBES[0].of(logged) is None
