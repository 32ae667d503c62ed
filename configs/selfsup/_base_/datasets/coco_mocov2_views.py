# Images of COCO without annotations, with the views of ImageNet.
#
# data/coco/
#   train2017/*.jpg       118,287 images
_base_ = 'imagenet_mocov2_views.py'

train_dataloader = dict(
    dataset=dict(
        data_root='data/coco/',
        ann_file='',
        data_prefix=dict(img_path='train2017/'),
    )
)
