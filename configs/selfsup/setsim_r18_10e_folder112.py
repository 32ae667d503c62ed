_base_ = [
    './_base_/models/setsim_r18_half.py',
    './_base_/datasets/images_folder_mocov2_views.py',
    './_base_/default_runtime.py',
]

# A small setting for one CPU and a few thousand images. No value is that of the paper.
train_pipeline = _base_.train_pipeline
train_pipeline[1].transforms[0][0].size = 112
train_dataloader = dict(
    batch_size=64, num_workers=2, dataset=dict(pipeline=train_pipeline)
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.06, momentum=0.9, weight_decay=1e-4),
)
param_scheduler = [
    dict(
        type='CosineAnnealingLR',
        T_max=10,
        begin=0,
        end=10,
        by_epoch=True,
        convert_to_iter_based=True,  # ten values are too few for a cosine
    )
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=10)

default_hooks = dict(
    logger=dict(interval=10), checkpoint=dict(interval=1, max_keep_ckpts=1)
)
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='CorrespondencePrecisionHook', interval=1, num_images=256),
]
