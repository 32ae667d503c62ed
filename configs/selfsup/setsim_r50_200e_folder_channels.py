# A folder of images with any number of channels and 8 bits or more: grey, 16-bit RGB,
# TIFF files with several bands or pages, NumPy arrays (docs/any_images.md). Replace the
# four lines by those that this command prints:
#   python tools/datasets/measure_mean_std.py /any/folder
_base_ = './setsim_r50_200e_folder.py'

channels = 4
dtype = 'uint16'
mean = None  # training is refused until they are set
std = None

model = dict(
    data_preprocessor=dict(
        _delete_=True, type='ChannelsDataPreprocessor', mean=mean, std=std
    ),
    backbone=dict(in_channels=channels),
)

# Brightness and contrast have a meaning for any channel; saturation, hue and grey only
# for red, green and blue.
view_pipeline = [
    dict(type='RandomResizedCropWithBox', size=224, scale=(0.2, 1.0)),
    dict(type='RGBColorJitter', brightness=0.4, contrast=0.4, prob=0.8),
    dict(type='RGBRandomGaussianBlur', sigma_min=0.1, sigma_max=2.0, prob=0.5),
    dict(type='RandomHorizontalFlipWithBox', prob=0.5),
]
train_pipeline = [
    dict(type='LoadChannels', channels=channels, dtype=dtype),
    dict(type='MultiViewWithBoxes', num_views=2, transforms=[view_pipeline]),
    dict(type='PackSelfSupInputs', meta_keys=['img_path', 'view_boxes']),
]
train_dataloader = dict(
    dataset=dict(
        pipeline=train_pipeline,
        suffixes=['.tif', '.tiff', '.png', '.npy', '.jpg', '.jpeg', '.pgm', '.ppm'],
    )
)
