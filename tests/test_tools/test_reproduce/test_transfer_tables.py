"""Tables 4 to 7: means and spreads by hand, empty cells, the paper's rows."""

import math
from pathlib import Path

import pandas as pd
import pytest

from setsim_mm.runs import RunRecord, write_tables
from studies.paper import paper_figures
from studies.tasks import TITLES
from studies.transfer_report import draw_comparison
from studies.transfer_tables import OURS, PAPER, compare


def results(task: str, *values: dict) -> list[RunRecord]:
    """Seeds of a task with the values that they have logged."""
    return [
        RunRecord(Path(), task, seed, {}, metrics=logged)
        for seed, logged in enumerate(values)
    ]


@pytest.fixture
def segmented() -> dict[str, list[RunRecord]]:
    """Three trials of VOC and one of ADE20K, whose metrics have one name."""
    return dict(
        mine=[
            *results('voc_seg', dict(mIoU=60.0), dict(mIoU=62.0), dict(mIoU=64.0)),
            *results('ade20k', dict(mIoU=30.0)),
            *results('voc_det', {'voc07/AP': 0.5, 'coco_style/bbox_mAP': 0.48}),
        ],
        none=[],
    )


@pytest.mark.parametrize('table', TITLES)
def test_the_papers_rows_are_whole_and_first(table: str):
    compared = compare(table, dict(mine=[]))
    paper = paper_figures(table)
    pd.testing.assert_frame_equal(
        compared.mean.loc[PAPER][paper.columns], paper, check_names=False
    )
    assert compared.mean.drop(columns=paper.columns).isna().all(axis=None)
    assert compared.std.isna().all(axis=None)
    assert compared.trials.isna().all(axis=None)
    assert compared.mean.index[-1] == (OURS, 'mine')


def test_mean_and_spread_of_the_sample(segmented):
    compared = compare('table5', segmented)
    mine = OURS, 'mine'
    assert compared.mean.loc[mine, 'mIoU_voc'] == pytest.approx(62.0)
    assert compared.std.loc[mine, 'mIoU_voc'] == pytest.approx(2.0)  # of n − 1
    assert compared.trials.loc[mine, 'mIoU_voc'] == 3
    assert compared.mean.loc[mine, 'mIoU_ade20k'] == 30.0
    assert math.isnan(compared.std.loc[mine, 'mIoU_ade20k'])


def test_cells_without_a_run_are_empty(segmented):
    cells = compare('table5', segmented).cells
    assert cells.loc[OURS, 'mine'].to_dict() == dict(
        mIoU_cityscapes='', mIoU_voc='62.0 ± 2.0 (3)', mIoU_ade20k='30.0 (1)'
    )
    assert cells.loc[OURS, 'none'].tolist() == ['', '', '']
    lines = compare('table5', segmented).markdown.splitlines()
    assert lines[0] == '## Table 5: semantic segmentation'
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in lines]
    assert rows[2] == [
        'method',
        'source',
        'mIoU Cityscapes',
        'mIoU VOC',
        'mIoU ADE20K',
    ]
    assert ['SetSim', 'paper', '77.0', '70.9', '38.6'] in rows
    assert ['mine', 'ours', '', '62.0 ± 2.0 (3)', '30.0 (1)'] in rows
    assert ['none', 'ours', '', '', ''] in rows


def test_pycocotools_stands_beside_the_ap_of_voc_2007(segmented):
    compared = compare('table4', segmented)
    assert [text for text in compared.cells.loc[OURS, 'mine'] if text] == [
        '50.0 (1)',
        '48.0 (1)',
    ]
    lines = compared.markdown.splitlines()
    heading = [cell.strip() for cell in lines[2].split('|')[2:-1]]
    assert heading == ['source', 'AP box', 'AP50 box', 'AP75 box', 'AP pycocotools']
    assert any('11-point AP of VOC 2007' in line for line in lines)
    panels = draw_comparison(compared).axes
    assert [panel.get_xlabel() for panel in panels] == heading[1:4]


def test_table_6_is_filled_by_two_tasks():
    boxes = results('coco', {f'coco/{kind}_mAP': 0.4 for kind in ('bbox', 'segm')})
    # The boxes of people are those of another task than the table's.
    people = dict(
        zip(('coco/bbox_mAP', 'coco/keypoints_mAP'), (0.55, 0.66), strict=True)
    )
    found = [*boxes, *results('coco_kp', people, people)]
    ours = compare('table6', dict(mine=found)).cells.loc[OURS, 'mine']
    assert {name: text for name, text in ours.items() if text} == dict(
        AP_box='40.0 (1)', AP_mask='40.0 (1)', AP_keypoints='66.0 ± 0.0 (2)'
    )


def test_a_value_that_is_none_counts_as_no_trial():
    values = [{'cityscapes/mAP': value} for value in (0.2, math.nan, 0.22)]
    compared = compare('table7', dict(mine=results('cityscapes_ins', *values)))
    assert compared.cells.loc[(OURS, 'mine'), 'AP_mask'] == '21.0 ± 1.4 (2)'


def test_csv_has_the_figures_unrounded(segmented, tmp_path: Path):
    compared = compare('table5', segmented)
    _, csv = write_tables(tmp_path / 'table5', compared.markdown, compared.figures)
    read = pd.read_csv(csv, index_col=['source', 'method'])
    assert read.columns[3:6].tolist() == [
        'mIoU_voc',
        'mIoU_voc_std',
        'mIoU_voc_trials',
    ]
    assert read.loc[OURS, 'mine'].iloc[3:6].tolist() == [62.0, 2.0, 3]
    assert read.loc[OURS, 'none'].isna().all()
    assert read.loc[(PAPER, 'SetSim'), 'mIoU_voc'] == 70.9
