# COCO's photographs without their annotations, views as for ImageNet.
#
# data/coco/
#   train2017/*.jpg       118,287 photographs
_base_ = 'imagenet_mocov2_views.py'

train_dataloader = dict(
    dataset=dict(
        data_root='data/coco/',
        ann_file='',
        data_prefix=dict(img_path='train2017/'),
    )
)
