# 180k iterations with steps at 120k and 160k, the schedule of
# mask-rcnn_r50-fpn_2x_coco.py. Not in the paper's tables.
_base_ = './keypoint-rcnn_r50-fpn_1x_coco.py'

max_iter = 180000
train_cfg = dict(max_iters=max_iter)
param_scheduler = _base_.param_scheduler
param_scheduler[1].update(end=max_iter, milestones=[120000, 160000])
