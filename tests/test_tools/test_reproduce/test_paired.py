"""Paired differences by hand, and two folders."""

import math
from pathlib import Path

import pytest
from scipy.stats import ttest_rel

from setsim_mm.runs import Metric, RunRecord
from setsim_mm.utils import UserError
from studies.paired import as_paired_markdown, compare_folders, paired_differences

METRICS = [Metric('knn_accuracy', 'k-NN accuracy', '%'), Metric('loss', 'loss')]


def results(**values):
    """For each run the k-NN accuracy of seeds 0, 1, ..."""
    return [
        RunRecord(Path(), name, seed, {}, metrics=dict(knn_accuracy=value))
        for name, of_seeds in values.items()
        for seed, value in enumerate(of_seeds)
    ]


def test_difference_and_its_interval_by_hand():
    table = paired_differences(
        results(a=[3.0, 5.0, 10.0]), results(a=[2.0, 3.0, 7.0]), METRICS
    )

    (row,) = table.to_dict('records')
    assert (row['run'], row['metric'], row['seeds']) == ('a', 'knn_accuracy', 3)
    assert (row['first'], row['second'], row['difference']) == (6.0, 4.0, 2.0)
    # Differences 1, 2, 3: deviation 1; Student's t of 2 degrees at 97.5 % is 4.3027.
    assert row['half_width'] == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)


def test_interval_is_that_of_scipys_paired_test():
    first, second = [60.1, 61.5, 58.2, 59.9], [59.0, 61.9, 57.1, 58.0]
    (row,) = paired_differences(results(a=first), results(a=second), METRICS).to_dict(
        'records'
    )

    low, high = ttest_rel(first, second).confidence_interval(0.95)
    assert row['difference'] - row['half_width'] == pytest.approx(low)
    assert row['difference'] + row['half_width'] == pytest.approx(high)


def test_only_what_both_have_is_compared():
    table = paired_differences(
        results(a=[1.0, 2.0, 3.0], only_here=[1.0]), results(b=[1.0], a=[5.0]), METRICS
    )

    (row,) = table.to_dict('records')
    assert (row['run'], row['seeds'], row['difference']) == ('a', 1, -4.0)
    assert math.isnan(row['half_width'])
    assert paired_differences([], [], METRICS).empty


def test_markdown_has_a_sign_and_an_interval():
    table = paired_differences(
        results(a=[3.0, 5.0], b=[1.0]), results(a=[2.0, 3.0], b=[2.5]), METRICS
    )
    lines = as_paired_markdown(table, METRICS).splitlines()

    cells = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    assert cells[2] == ['a', 'k-NN accuracy (%)', '2', '4.0', '2.5', '+1.5 ± 6.4']
    assert cells[3] == ['b', 'k-NN accuracy (%)', '1', '1.0', '2.5', '-1.5']


def test_folders_of_ablate(tmp_path):
    for folder, value in (('with', 3.0), ('without', 1.0)):
        work_dir = tmp_path / folder / 'run' / 'seed_0'
        work_dir.mkdir(parents=True)
        RunRecord(work_dir, 'run', 0, {}, metrics=dict(knn_accuracy=value)).write()

    table = compare_folders(tmp_path / 'with', tmp_path / 'without', METRICS)
    assert table['difference'].tolist() == [2.0]
    with pytest.raises(UserError) as caught:
        compare_folders(tmp_path / 'with', tmp_path / 'nowhere', METRICS)
    assert 'nowhere' in str(caught.value)
