# Any folder of images with its subfolders, with the views of MoCo-v2. Set it with
#   --cfg-options train_dataloader.dataset.data_root=/any/folder
_base_ = 'imagenet_mocov2_views.py'

# Camera images have over 10 million pixels, of which a view needs few. Decoded to at
# least 700,000 pixels, the smallest crop, a fifth of a 4:3 image, is at least 324 px
# high.
train_pipeline = _base_.train_pipeline
train_pipeline[0].min_pixels = 700_000

train_dataloader = dict(
    dataset=dict(
        data_root='data/images/',
        ann_file='',
        data_prefix=dict(img_path=''),
        pipeline=train_pipeline,
        # Unreadable files are common in private folders. With 0.01, as for ImageNet,
        # the second one among 100 would stop training.
        max_unreadable_share=0.1,
    )
)
