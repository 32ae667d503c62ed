# Values of detectron2: configs/COCO-Keypoints/Base-Keypoint-RCNN-FPN.yaml and the
# defaults under MODEL.ROI_KEYPOINT_HEAD. Section 4.2: synchronised BatchNorm, here in
# the backbone, the FPN and both heads. The box head is that of mask-rcnn_r50-fpn.py.
# The authors publish no config for key points; detectron2's head for them has no norm.
_base_ = ['mmdet::_base_/models/faster-rcnn_r50_fpn.py', '../transfer.py']

model = dict(
    type='KeypointRCNN',
    data_preprocessor=_base_.rgb,
    backbone=_base_.trained_backbone,
    neck=_base_.trained_fpn,
    roi_head=dict(
        type='KeypointRoIHead',
        bbox_head=dict(
            type='Shared4Conv1FCBBoxHead',
            norm_cfg=_base_.trained_bn,
            num_classes=1,
            loss_bbox=dict(type='SmoothL1Loss', beta=0.5),
        ),
        keypoint_roi_extractor=dict(
            type='SingleRoIExtractor',
            roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=0),
            out_channels=256,
            featmap_strides=[4, 8, 16, 32],
        ),
        keypoint_head=dict(type='KeypointHead', norm_cfg=_base_.trained_bn),
    ),
    train_cfg=dict(
        rpn=_base_.matched_anchors,
        rpn_proposal=dict(max_per_img=1500),
    ),
)
