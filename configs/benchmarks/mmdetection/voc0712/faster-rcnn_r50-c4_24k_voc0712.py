# Tables 1 to 4. 8 GPUs with 2 images each, with the values of MoCo's config for
# detectron2. The base has the warm-up of 100 iterations, lr 0.02, and the images: short
# side 480-800 in steps of 32 for training, 800 for testing.
_base_ = [
    'mmdet::pascal_voc/faster-rcnn_r50-caffe-c4_ms-18k_voc0712.py',
    '../_base_/transfer.py',
]
task = 'voc_det'

model = dict(
    data_preprocessor=_base_.unpadded_rgb,
    backbone=_base_.trained_backbone,
    roi_head=dict(shared_head=_base_.trained_res5),
    train_cfg=dict(rpn=_base_.matched_anchors),
)
optim_wrapper = dict(paramwise_cfg=_base_.no_decay_of_norms)

# detectron2 also trains on difficult objects; mmdet treats them as background.
trainval07, trainval12 = _base_.train_dataloader.dataset.datasets
trainval07.pipeline[0].imdecode_backend = _base_.pillow
trainval07.pipeline[2].backend = _base_.pillow
trainval07.pipeline.insert(2, dict(type='KeepDifficultObjects'))
trainval12.pipeline = trainval07.pipeline
train_dataloader = dict(dataset=dict(datasets=[trainval07, trainval12]))
test_pipeline = _base_.test_pipeline
test_pipeline[0].imdecode_backend = _base_.pillow
test_pipeline[1].backend = _base_.pillow
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

max_iter = 24000
train_cfg = dict(max_iters=max_iter, val_interval=6000)
param_scheduler = _base_.param_scheduler
param_scheduler[1].update(end=max_iter, milestones=[18000, 22000])

# The tables report the 11-point AP of VOC 2007 of detectron2's evaluator. COCO's AP is
# logged, too (docs/benchmarks.md).
val_evaluator = [dict(type='VOC07Metric'), dict(type='VOCBoxMetric')]
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(interval=6000, max_keep_ckpts=1))
