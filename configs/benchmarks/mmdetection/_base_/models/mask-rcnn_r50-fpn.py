# Section 4.2: synchronised BatchNorm, also in the FPN. The heads are those in the YAML
# files of the authors (coco_R_50_FPN_1x.yaml), DenseCL (R_50_FPN_1x.yaml) and PixPro
# (COCO_R_50_FPN_1x.yaml): SyncBN in both heads, four convolutions and one linear layer
# for the boxes. MoCo has no FPN config.
_base_ = ['mmdet::_base_/models/mask-rcnn_r50_fpn.py', '../transfer.py']

model = dict(
    data_preprocessor=_base_.rgb,
    backbone=_base_.trained_backbone,
    neck=_base_.trained_fpn,
    roi_head=dict(
        bbox_head=dict(type='Shared4Conv1FCBBoxHead', norm_cfg=_base_.trained_bn),
        mask_head=dict(norm_cfg=_base_.trained_bn),
    ),
    train_cfg=dict(
        rpn=_base_.matched_anchors,
        rcnn=dict(assigner=dict(match_low_quality=False)),  # as in detectron2
    ),
)
