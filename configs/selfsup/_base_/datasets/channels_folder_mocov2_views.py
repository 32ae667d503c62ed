_base_ = 'images_folder_mocov2_views.py'

# A folder of images with N channels. The loader's `channels` and `dtype` are those of
# the files (docs/any_images.md).
# Brightness and contrast have a meaning for any channel; saturation, hue and grey only
# for red, green and blue.
view_pipeline = [
    dict(type='RandomResizedCropWithBox', size=224, scale=(0.2, 1.0)),
    dict(type='RGBColorJitter', brightness=0.4, contrast=0.4, prob=0.8),
    dict(type='RGBRandomGaussianBlur', sigma_min=0.1, sigma_max=2.0, prob=0.5),
    dict(type='RandomHorizontalFlipWithBox', prob=0.5),
]
train_pipeline = [
    dict(type='LoadChannels'),
    dict(type='MultiViewWithBoxes', num_views=2, transforms=[view_pipeline]),
    dict(type='PackSelfSupInputs', meta_keys=['img_path', 'view_boxes']),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
