# ImageNet-1K, or a data set of its layout: data/imagenet/train/<class>/*.JPEG. Overlays
# need IMAGES=data/imagenet/train, too.
_base_ = './qk_r50_100e_folder.py'

train_dataloader = dict(
    dataset=dict(
        data_root='data/imagenet/',
        ann_file='meta/train.txt',
        data_prefix=dict(img_path='train/'),
        max_unreadable_share=0.01,
    )
)
