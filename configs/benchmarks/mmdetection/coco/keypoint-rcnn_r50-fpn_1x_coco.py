# Table 6, key points. 8 GPUs with 2 images each; the base has detectron2's schedule and
# sizes: 90k iterations, lr 0.02 with steps at 60k and 80k, short side 640-800 in
# training and 800 in testing.
_base_ = [
    '../_base_/models/keypoint-rcnn_r50-fpn.py',
    'mmdet::common/ms-poly-90k_coco-instance.py',
]
task = 'coco_kp'

train_pipeline = _base_.train_pipeline
train_pipeline[1] = dict(type='LoadKeypointAnnotations')
train_pipeline[-1] = dict(type='PackKeypointInputs')
test_pipeline = _base_.test_pipeline
test_pipeline[2] = dict(type='LoadKeypointAnnotations')
test_pipeline[-1].type = 'PackKeypointInputs'
train_dataloader = dict(
    dataset=dict(
        type='CocoKeypointDataset',
        ann_file='annotations/person_keypoints_train2017.json',
        # detectron2: MODEL.ROI_KEYPOINT_HEAD.MIN_KEYPOINTS_PER_IMAGE 1.
        filter_cfg=dict(min_keypoints=1),
        pipeline=train_pipeline,
    )
)
val_annotations = 'annotations/person_keypoints_val2017.json'
val_dataloader = dict(
    dataset=dict(
        type='CocoKeypointDataset', ann_file=val_annotations, pipeline=test_pipeline
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(
    _delete_=True,
    type='CocoKeypointMetric',
    ann_file=_base_.data_root + val_annotations,
)
test_evaluator = val_evaluator
visualizer = dict(type='KeypointVisualizer')

optim_wrapper = dict(paramwise_cfg=_base_.no_decay_of_norms)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
