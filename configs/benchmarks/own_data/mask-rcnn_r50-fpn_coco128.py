# Your own masks in COCO's JSON format (docs/own_data.md): COCO128, the first
# photographs of train2017 with COCO's 80 classes.
#
# data/coco128/
#   train2017/*.jpg  annotations/{train,val}.json
_base_ = '../mmdetection/coco/mask-rcnn_r50-fpn_1x_coco.py'
task = None  # no check of the files of COCO

# For other classes than COCO's, set metainfo=dict(classes=...) in both data sets, and
# their number as num_classes of model.roi_head.bbox_head and mask_head.
coco128 = dict(data_root='data/coco128/', data_prefix=dict(img='train2017/'))
train_dataloader = dict(dataset=dict(**coco128, ann_file='annotations/train.json'))
val_dataloader = dict(dataset=dict(**coco128, ann_file='annotations/val.json'))
test_dataloader = val_dataloader
val_evaluator = dict(ann_file='data/coco128/annotations/val.json')
test_evaluator = val_evaluator
