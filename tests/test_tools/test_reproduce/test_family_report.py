"""Reports of families: the study, whose rows are compared with its reference."""

import math
from pathlib import Path

import pytest

from setsim_mm.runs.run_record import RunRecord
from studies.families import FAMILIES, family_named
from studies.family_report import compared, draw_family, report

STUDY = family_named('study')
RUNS = {row.label: row.run for row in STUDY.rows}
ACCURACIES = {'MoCo-v2': [50.0, 52.0, 51.0], 'SetSim': [51.0, 54.0, 54.0]}


def finished(label: str, seed: int, value: float, folder: Path) -> RunRecord:
    work_dir = folder / RUNS[label] / f'seed_{seed}'
    return RunRecord(work_dir, RUNS[label], seed, {}, metrics=dict(knn_accuracy=value))


@pytest.fixture
def records(tmp_path) -> list[RunRecord]:
    return [
        finished(label, seed, value, tmp_path)
        for label, values in ACCURACIES.items()
        for seed, value in enumerate(values)
    ]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_the_difference_from_the_reference_is_paired_over_seeds(records):
    text = compared(STUDY, RUNS, records)
    rows = [cells(line) for line in text.splitlines() if line.startswith('|')]

    assert rows[0] == [
        'run', 'metric', 'seeds', 'this row', 'MoCo-v2', 'difference'
    ]  # fmt: skip
    # Differences 1, 2, 3: deviation 1; Student's t of 2 degrees at 97.5 % is 4.3027.
    half_width = 4.3027 / math.sqrt(3)
    assert rows[2:] == [
        ['SetSim', 'k-NN accuracy (%)', '3', '53.0', '51.0', f'+2.0 ± {half_width:.1f}']
    ]


def test_only_a_family_with_a_reference_and_two_rows_is_compared(records):
    assert compared(family_named('table1'), RUNS, records) == ''
    assert compared(STUDY, RUNS, records[:3]) == ''


def test_the_report_has_no_figures_of_the_paper(records, tmp_path):
    for record in records:
        record.work_dir.mkdir(parents=True)
        record.write()
    markdown, csv, plot = report(STUDY, tmp_path, tmp_path / 'out')

    text = markdown.read_text()
    assert '51.0 ± 1.0' in text and '+2.0 ± 2.5' in text
    assert 'paper' not in text and 'paper' not in csv.read_text()
    assert plot.is_file()
    (panel,) = draw_family(STUDY, RUNS, records).axes
    assert panel.get_xlabel() == 'k-NN accuracy (%)'


def test_a_probe_of_named_images_has_columns_of_its_own(records, tmp_path):
    for record in records:
        record.metrics['coco_in_context_miou'] = 2.0 + record.seed
        record.work_dir.mkdir(parents=True)
        record.write()
    markdown, _, _ = report(STUDY, tmp_path, tmp_path / 'out')

    heading = next(line for line in markdown.read_text().splitlines() if '|' in line)
    assert cells(heading)[2:] == [
        'k-NN accuracy (%)', 'in-context retrieval, mIoU, coco (%)'
    ]  # fmt: skip
    assert '3.0 ± 1.0' in markdown.read_text()


def test_a_family_without_runs_has_a_plot():
    assert draw_family(STUDY, RUNS, []).axes


@pytest.mark.parametrize('family', FAMILIES, ids=lambda family: family.name)
def test_references_are_rows(family):
    labels = [row.label for row in family.rows]
    assert family.reference is None or family.reference in labels
    assert len(set(labels)) == len(labels)
