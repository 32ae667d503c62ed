"""Tasks: metrics that stand where the paper has them, under the evaluators' names."""

import inspect

import pytest
import torch

from setsim_mm.utils import UserError
from studies.paper import paper_figures
from studies.tasks import TASKS, TITLES, tasks_named


@pytest.mark.parametrize('table', TITLES)
def test_every_column_of_the_paper_has_one_task(table: str):
    columns = [
        column for task in TASKS if task.table == table for column in task.metrics
    ]
    assert sorted(columns) == sorted(paper_figures(table))


def test_metrics_are_those_that_the_protocols_name():
    logged = {
        task.name: {column: metric.name for column, metric in task.metrics.items()}
        for task in TASKS
    }
    assert logged['voc_det'] == dict(
        AP_box='voc07/AP', AP50_box='voc07/AP50', AP75_box='voc07/AP75'
    )
    assert logged['coco']['AP75_mask'] == 'coco/segm_mAP_75'
    assert logged['coco_kp'] == dict(
        AP_keypoints='coco/keypoints_mAP',
        AP50_keypoints='coco/keypoints_mAP_50',
        AP75_keypoints='coco/keypoints_mAP_75',
    )
    assert logged['ade20k'] == dict(mIoU_ade20k='mIoU')


def test_evaluators_do_log_under_these_names():
    from mmdet.evaluation import metrics

    coco = inspect.getsource(metrics.CocoMetric.compute_metrics)
    assert metrics.CocoMetric.default_prefix == 'coco'
    assert "key = f'{metric}_{metric_item}'" in coco and "'mAP_75'" in coco
    cityscapes = inspect.getsource(metrics.CityScapesMetric.compute_metrics)
    assert metrics.CityScapesMetric.default_prefix == 'cityscapes'
    for metric in tasks_named(['cityscapes_ins'])[0].metrics.values():
        name = metric.name.removeprefix('cityscapes/')
        assert f"eval_results['{name}']" in cityscapes


def test_evaluators_of_voc_log_under_these_names():
    from setsim_mm.transfer import detection

    nothing = dict(bboxes=torch.zeros(0, 4), labels=torch.zeros(0, dtype=torch.long))
    box = dict(bboxes=torch.tensor([[0.0, 0, 9, 9]]), labels=torch.tensor([0]))
    sample = dict(
        gt_instances=box,
        ignored_instances=nothing,
        pred_instances=dict(box, scores=torch.tensor([0.9])),
    )
    logged = {}
    for evaluator in (detection.VOC07Metric(), detection.VOCBoxMetric()):
        evaluator.dataset_meta = dict(classes=('cat',))
        evaluator.process({}, [sample])
        logged |= evaluator.evaluate(1)
    (voc,) = tasks_named(['voc_det'])
    for metric in voc.columns.values():
        assert logged[metric.name] * metric.scale == pytest.approx(100)


def test_pycocotools_is_a_column_of_its_own_and_says_so():
    (voc,) = tasks_named(['voc_det'])
    assert list(voc.columns) == [*paper_figures('table4'), *voc.extras]
    assert {c: m.name for c, m in voc.extras.items()} == dict(
        AP_pycocotools='coco_style/bbox_mAP'
    )
    assert not any(task.extras for task in TASKS if task.name != 'voc_det')


def test_segmentation_is_logged_in_percent_without_a_prefix():
    from mmseg.evaluation.metrics import IoUMetric

    evaluator = IoUMetric()
    evaluator.dataset_meta = dict(classes=('one', 'other'))
    truth = torch.tensor([[0, 0, 1, 1]])
    sample = dict(
        pred_sem_seg=dict(data=torch.tensor([[0, 1, 1, 1]])),
        gt_sem_seg=dict(data=truth),
    )
    evaluator.process({}, [sample])
    logged = evaluator.evaluate(1)
    (metric,) = tasks_named(['voc_seg'])[0].metrics.values()
    # IoU of 1/2 and of 2/3.
    assert logged[metric.name] * metric.scale == pytest.approx(58.33)


def test_tasks_are_chosen_by_name_each_once():
    chosen = tasks_named(['ade20k', 'coco', 'ade20k'])
    assert [task.name for task in chosen] == ['ade20k', 'coco']


@pytest.mark.parametrize(
    ('names', 'sentence'),
    [
        (
            ['coco', 'imagenet'],
            "there is no task 'imagenet': choose from voc_det, coco",
        ),
        ([], 'no task is named: choose from voc_det, coco, coco_kp, cityscapes_ins'),
    ],
)
def test_unknown_tasks_are_refused_with_a_list(names, sentence):
    with pytest.raises(UserError, match=sentence):
        tasks_named(names)
