# The paper, 4.2: BatchNorm in the FPN as well, all of it synchronised. The detectron2
# configs of MoCo, which it follows, have it in both heads too, and four convolutions in
# the head of the boxes.
_base_ = ['mmdet::_base_/models/mask-rcnn_r50_fpn.py', '../transfer.py']

model = dict(
    data_preprocessor=_base_.rgb,
    backbone=_base_.trained_backbone,
    neck=dict(norm_cfg=_base_.trained_bn),
    roi_head=dict(
        bbox_head=dict(type='Shared4Conv1FCBBoxHead', norm_cfg=_base_.trained_bn),
        mask_head=dict(norm_cfg=_base_.trained_bn),
    ),
)
