# Any folder of photographs, searched at any depth, with MoCo-v2's views. Say which:
#   --cfg-options train_dataloader.dataset.data_root=/any/folder
_base_ = 'imagenet_mocov2_views.py'

train_dataloader = dict(
    dataset=dict(
        data_root='data/images/',
        ann_file='',
        data_prefix=dict(img_path=''),
        # Odd files are common in one's own folders; with ImageNet's 0.01 the second
        # bad file among 100 would stop the training.
        max_unreadable_share=0.1,
    )
)
