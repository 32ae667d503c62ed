# Mask R-CNN on the fourth stage, as in MoCo; not in the paper's tables. Schedule and
# image sizes are those of the FPN config.
_base_ = [
    'mmdet::_base_/models/mask-rcnn_r50-caffe-c4.py',
    'mmdet::common/ms-poly-90k_coco-instance.py',
    '../_base_/transfer.py',
]
task = 'coco'

model = dict(
    data_preprocessor=_base_.unpadded_rgb,
    backbone=_base_.trained_backbone,
    roi_head=dict(shared_head=_base_.trained_res5),
    train_cfg=dict(rpn=_base_.matched_anchors),
)
optim_wrapper = dict(paramwise_cfg=_base_.no_decay_of_norms)
val_evaluator = dict(type='CocoMetricOrZero')
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
