# Boxes in COCO's JSON format with any classes: the base of configs that
# tools/datasets/convert.py writes. They set data_root, ann_file and the classes.
_base_ = '../../mmdetection/voc0712/faster-rcnn_r50-c4_24k_voc0712.py'
task = None  # no check of the files of VOC

train_pipeline = [
    step
    for step in _base_.train_dataloader.dataset.datasets[0].pipeline
    if step.type != 'KeepDifficultObjects'  # of VOC; here the flag is that of crowds
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CocoDataset',
        data_prefix=dict(img=''),
        filter_cfg=dict(filter_empty_gt=True),
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CocoDataset',
        data_prefix=dict(img=''),
        test_mode=True,
        pipeline=_base_.test_pipeline,
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, type='CocoMetricOrZero', metric='bbox')
test_evaluator = val_evaluator
