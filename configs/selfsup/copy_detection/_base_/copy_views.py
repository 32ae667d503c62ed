# Any folder of images: an edited copy for the query model, the image itself for the key
# model. The environment variable IMAGES names the folder, also for the overlays.
_base_ = [
    '../../_base_/datasets/images_folder_mocov2_views.py',
    './copy_edits.py',
]

whole = dict(type='ResizeWholeImage', size=224)
train_pipeline = [
    dict(type='LoadRGBImage', min_pixels=200_000),
    dict(
        type='MultiViewWithBoxes',
        num_views=[1, 1],
        transforms=[[_base_.copy_edits, whole], [whole]],
    ),
    # The index of a sample is that of its key in the bank.
    dict(type='PackSelfSupInputs', algorithm_keys=['sample_idx']),
]
train_dataloader = dict(
    dataset=dict(data_root='{{$IMAGES:data/images/}}', pipeline=train_pipeline)
)
