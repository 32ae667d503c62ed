# ImageNet-1K, two views of 224 px with the augmentation of MoCo-v2
# (arXiv:2003.04297; values of main_moco.py --aug-plus in facebookresearch/moco).
#
# data/imagenet/
#   train/<class>/*.JPEG
#   meta/train.txt        optional: 'n01440764/n01440764_10026.JPEG 0' on each line
view_pipeline = [
    dict(type='RandomResizedCropWithBox', size=224, scale=(0.2, 1.0)),
    dict(
        type='RGBColorJitter',
        brightness=0.4,
        contrast=0.4,
        saturation=0.4,
        hue=0.1,
        prob=0.8,
    ),
    dict(type='RGBRandomGrayscale', prob=0.2),
    dict(type='RGBRandomGaussianBlur', sigma_min=0.1, sigma_max=2.0, prob=0.5),
    dict(type='RandomHorizontalFlipWithBox', prob=0.5),
]

train_pipeline = [
    dict(type='LoadRGBImage'),
    dict(type='MultiViewWithBoxes', num_views=2, transforms=[view_pipeline]),
    # The model reads view_boxes from the meta information of each sample.
    dict(type='PackSelfSupInputs', meta_keys=['img_path', 'view_boxes']),
]

train_dataloader = dict(
    batch_size=32,  # on each of 8 GPUs: 256 in all (paper, section 4.1)
    num_workers=8,
    # Needed with workers: mmengine seeds new workers with the same number, so that they
    # would repeat their random numbers in each epoch. Must be False with num_workers=0.
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='UnlabeledImages',
        data_root='data/imagenet/',
        ann_file='meta/train.txt',
        ann_file_required=False,
        data_prefix=dict(img_path='train/'),
        pipeline=train_pipeline,
    ),
)
