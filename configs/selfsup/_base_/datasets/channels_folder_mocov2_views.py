_base_ = 'images_folder_mocov2_views.py'

# A folder of images with N channels. The loader's `channels` and `dtype` are those of
# the files (docs/any_images.md).
# Brightness and contrast have a meaning for any channel; saturation, hue and grey only
# for red, green and blue.
view_pipeline = _base_.view_pipeline
view_pipeline[1].pop('saturation')
view_pipeline[1].pop('hue')
view_pipeline.pop(2)  # RGBRandomGrayscale

train_pipeline = _base_.train_pipeline
train_pipeline[0] = dict(type='LoadChannels')
train_pipeline[1].transforms = [view_pipeline]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
