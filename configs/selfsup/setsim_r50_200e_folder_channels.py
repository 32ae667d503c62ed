# A folder of images with any number of channels and 8 bits or more: grey, 16-bit RGB,
# TIFF files with several bands or pages, NumPy arrays (docs/any_images.md). Replace the
# four lines by those that this command prints:
#   python tools/datasets/measure_mean_std.py /any/folder
_base_ = [
    './_base_/models/setsim_r50.py',
    './_base_/datasets/channels_folder_mocov2_views.py',
    './_base_/schedules/sgd_cosine_200e.py',
    './_base_/default_runtime.py',
]

# The paper's queue of 65,536 keys has several old keys of each image of a small folder.
fit_queue_to_images = True

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
train_pipeline = _base_.train_pipeline
train_pipeline[0].update(channels=channels, dtype=dtype)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
