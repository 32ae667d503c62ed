# Any folder of photographs, searched at any depth, with MoCo-v2's views. Say which:
#   --cfg-options train_dataloader.dataset.data_root=/any/folder
_base_ = 'imagenet_mocov2_views.py'

# Cameras make 10 million pixels and more, of which a view keeps few. Decoded to 700,000
# and more, the smallest crop, a fifth of the image at 4:3, is 324 px high or more.
train_pipeline = _base_.train_pipeline
train_pipeline[0].min_pixels = 700_000

train_dataloader = dict(
    dataset=dict(
        data_root='data/images/',
        ann_file='',
        data_prefix=dict(img_path=''),
        pipeline=train_pipeline,
        # Odd files are common in one's own folders; with ImageNet's 0.01 the second
        # bad file among 100 would stop the training.
        max_unreadable_share=0.1,
    )
)
