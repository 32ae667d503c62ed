# 180k iterations with steps at 120k and 160k, as in the authors'
# detection/configs/coco_R_50_FPN_2x.yaml. Not in the paper's tables. The file of their
# train_det.sh, coco_R_50_FPN_2x_base.yaml, differs: no BatchNorm in the heads, two
# layers for the boxes, and detectron2's default of two frozen stages.
_base_ = './mask-rcnn_r50-fpn_1x_coco.py'

max_iter = 180000
train_cfg = dict(max_iters=max_iter)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=1000),
    dict(
        type='MultiStepLR',
        begin=0,
        end=max_iter,
        by_epoch=False,
        milestones=[120000, 160000],
        gamma=0.1,
    ),
]
