# Table 6. 8 GPUs with 2 images each; the base has detectron2's schedule: 90k
# iterations, lr 0.02 with steps at 60k and 80k, short side 640-800 in training and 800
# in testing.
_base_ = [
    '../_base_/models/mask-rcnn_r50-fpn.py',
    'mmdet::common/ms-poly-90k_coco-instance.py',
]
task = 'coco'

optim_wrapper = dict(paramwise_cfg=_base_.no_decay_of_norms)
val_evaluator = dict(type='CocoMetricOrZero')
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
