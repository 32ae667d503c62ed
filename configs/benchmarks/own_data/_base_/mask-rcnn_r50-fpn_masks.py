# Masks in COCO's JSON format with any classes: the base of configs that
# tools/datasets/convert.py writes. They set data_root, ann_file and the classes.
_base_ = '../../mmdetection/coco/mask-rcnn_r50-fpn_1x_coco.py'
task = None  # no check of the files of COCO

train_dataloader = dict(
    dataset=dict(
        data_prefix=dict(img=''),
        filter_cfg=dict(min_size=0),  # COCO's leaves out images below 32 pixels
    )
)
val_dataloader = dict(dataset=dict(data_prefix=dict(img='')))
test_dataloader = val_dataloader
val_evaluator = dict(metric=['bbox', 'segm'])
test_evaluator = val_evaluator
