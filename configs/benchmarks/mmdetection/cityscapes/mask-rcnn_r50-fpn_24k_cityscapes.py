# Table 7. 8 GPUs with 1 image each; the schedule and the sizes are detectron2's
# (configs/Cityscapes/mask_rcnn_R_50_FPN.yaml). The heads are this project's
# interpretation: the detector of Table 6, since the paper has synchronised BatchNorm
# everywhere. It follows ReSim, whose FPN configs (for COCO) have no BatchNorm in the
# heads and two layers for the boxes.
_base_ = [
    '../_base_/models/mask-rcnn_r50-fpn.py',
    # mmdet's config of the task is not used: it loads a detector trained on COCO.
    'mmdet::_base_/datasets/cityscapes_instance.py',
    'mmdet::_base_/default_runtime.py',
]
task = 'cityscapes_ins'

model = dict(
    roi_head=dict(bbox_head=dict(num_classes=8), mask_head=dict(num_classes=8))
)

train_pipeline = _base_.train_pipeline
train_pipeline[0].imdecode_backend = _base_.pillow
train_pipeline[2] = dict(
    type='RandomChoiceResize',
    scales=[(2048, side) for side in range(800, 1025, 32)],
    keep_ratio=True,
    backend=_base_.pillow,
)
test_pipeline = _base_.test_pipeline
test_pipeline[0].imdecode_backend = _base_.pillow
test_pipeline[1].backend = _base_.pillow
train_dataloader = dict(
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(times=1, dataset=dict(pipeline=train_pipeline)),
)
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

max_iter = 24000
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iter, val_interval=8000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=1e-4),
    paramwise_cfg=_base_.no_decay_of_norms,
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=1000),
    dict(
        type='MultiStepLR',
        begin=0,
        end=max_iter,
        by_epoch=False,
        milestones=[18000],
        gamma=0.1,
    ),
]
auto_scale_lr = dict(enable=False, base_batch_size=8)
val_evaluator = _base_.val_evaluator
val_evaluator[0].type = 'CocoMetricOrZero'
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=8000, max_keep_ckpts=1))
log_processor = dict(by_epoch=False)
