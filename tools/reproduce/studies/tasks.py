"""The paper's downstream tasks: their configs, and the names of their metrics.

Evaluators name what a run logs. VOC07Metric logs the fractions ``voc07/AP``,
``voc07/AP50`` and ``voc07/AP75``; CocoMetric (mmdet) and VOCBoxMetric log fractions as
``<prefix>/bbox_mAP``, ``_50``, ``_75`` and ``<prefix>/segm_…``, and CocoKeypointMetric
``<prefix>/keypoints_…``; CityScapesMetric (mmdet) logs the fractions
``cityscapes/mAP`` and ``cityscapes/AP@50``; IoUMetric (mmseg) has no prefix and logs
``mIoU`` in percent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from setsim_mm.runs.metrics import Metric
from setsim_mm.utils import UserError

DETECTION, SEGMENTATION = 'mmdetection', 'mmsegmentation'
TITLES = {
    'table4': 'Table 4: object detection on PASCAL VOC',
    'table5': 'Table 5: semantic segmentation',
    'table6': 'Table 6: detection, instance segmentation and keypoints on COCO',
    'table7': 'Table 7: instance segmentation on Cityscapes',
}


@dataclass(frozen=True)
class Task:
    """A downstream task.

    Args:
        name (str): The name on the command line and of the runs.
        title (str): The name in texts.
        table (str): The paper's table with this task.
        toolbox (str): The host of the config: ``'mmdetection'`` or
            ``'mmsegmentation'``.
        config (str): The config, relative to ``configs/benchmarks/<toolbox>``.
        metrics (Mapping[str, Metric]): From the column of
            :func:`~studies.paper.paper_figures` to the logged metric.
        extras (Mapping[str, Metric]): The same for columns that the paper does not
            have. Defaults to none.
    """

    name: str
    title: str
    table: str
    toolbox: str
    config: str
    metrics: Mapping[str, Metric]
    extras: Mapping[str, Metric] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Metric]:
        """All metrics: the paper's columns, then the extras."""
        return {**self.metrics, **self.extras}


def _precision(prefix: str, of: str) -> dict[str, Metric]:
    """Return AP, AP50 and AP75 of a kind of result, as CocoMetric logs them."""
    kind = dict(box='bbox', mask='segm', keypoints='keypoints')[of]
    return {
        f'AP{percent}_{of}': Metric(
            f'{prefix}/{kind}_mAP{percent and f"_{percent}"}',
            f'{of} AP{percent}',
            scale=100.0,
        )
        for percent in ('', '50', '75')
    }


MIOU = Metric('mIoU', 'mIoU')

TASKS = (
    Task(
        'voc_det',
        'PASCAL VOC detection',
        'table4',
        DETECTION,
        'voc0712/faster-rcnn_r50-c4_24k_voc0712.py',
        {
            f'AP{percent}_box': Metric(
                f'voc07/AP{percent}', f'box AP{percent}', scale=100.0
            )
            for percent in ('', '50', '75')
        },
        {
            'AP_pycocotools': Metric(
                'coco_style/bbox_mAP', 'AP by pycocotools', scale=100.0
            )
        },
    ),
    Task(
        'coco',
        'COCO detection and instance segmentation',
        'table6',
        DETECTION,
        'coco/mask-rcnn_r50-fpn_1x_coco.py',
        _precision('coco', 'box') | _precision('coco', 'mask'),
    ),
    Task(
        'coco_kp',
        'COCO keypoint detection',
        'table6',
        DETECTION,
        'coco/keypoint-rcnn_r50-fpn_1x_coco.py',
        _precision('coco', 'keypoints'),
    ),
    Task(
        'cityscapes_ins',
        'Cityscapes instance segmentation',
        'table7',
        DETECTION,
        'cityscapes/mask-rcnn_r50-fpn_24k_cityscapes.py',
        {
            'AP_mask': Metric('cityscapes/mAP', 'mask AP', scale=100.0),
            'AP50_mask': Metric('cityscapes/AP@50', 'mask AP50', scale=100.0),
        },
    ),
    Task(
        'voc_seg',
        'PASCAL VOC segmentation',
        'table5',
        SEGMENTATION,
        'voc12aug/fcn_r50-d8_20k_voc12aug-512x512.py',
        {'mIoU_voc': MIOU},
    ),
    Task(
        'cityscapes_seg',
        'Cityscapes segmentation',
        'table5',
        SEGMENTATION,
        'cityscapes/fcn_r50-d8_40k_cityscapes-769x769.py',
        {'mIoU_cityscapes': MIOU},
    ),
    Task(
        'ade20k',
        'ADE20K segmentation',
        'table5',
        SEGMENTATION,
        'ade20k/fcn_r50-d8_80k_ade20k-512x512.py',
        {'mIoU_ade20k': MIOU},
    ),
)


def tasks_named(names: Sequence[str]) -> list[Task]:
    """Return tasks by their names.

    Args:
        names (Sequence[str]): Such as ``['voc_det', 'coco']``.

    Returns:
        list[Task]: Each once, in this order.

    Raises:
        UserError: If a name is unknown, or there is none.
    """
    by_name = {task.name: task for task in TASKS}
    if not names:
        raise UserError(f'no task is named: choose from {", ".join(by_name)}.')
    for name in names:
        if name not in by_name:
            raise UserError(
                f'there is no task {name!r}: choose from {", ".join(by_name)}.'
            )
    return [by_name[name] for name in dict.fromkeys(names)]


def task_of(run: str) -> Task | None:
    """Return the task of a run of run_suite.py or finetune.py.

    Args:
        run (str): The name of the run, which is that of its task or config file.

    Returns:
        Task | None: None if it is another config.
    """
    names = ((task, (task.name, PurePosixPath(task.config).stem)) for task in TASKS)
    return next((task for task, its_names in names if run in its_names), None)
