# SetSim for `make demo` (tools/demo.py): trains in minutes without a GPU. It shows that
# the installation works; the weights are not useful.
_base_ = [
    './_base_/models/setsim_r18_half.py',
    './_base_/datasets/images_folder_mocov2_views.py',
    './_base_/default_runtime.py',
]

model = dict(
    queue_len=512,
    momentum=0.99,  # updates the key encoder within a hundred steps
    symmetric=False,  # one direction, which is faster
)

# 96 px give 6x6 positions; the blur is scaled with the views.
train_pipeline = _base_.train_pipeline
train_pipeline[1].transforms[0][0].size = 96
train_pipeline[1].transforms[0][3].sigma_max = 1.0
train_dataloader = dict(
    batch_size=16,
    num_workers=0,  # the network uses all CPU cores
    persistent_workers=False,
    dataset=dict(
        data_root='work_dirs/demo/windows',  # set by tools/demo.py
        pipeline=train_pipeline,
    ),
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-4),
)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=5)
param_scheduler = [
    dict(type='CosineAnnealingLR', end=5, by_epoch=True, convert_to_iter_based=True)
]

default_hooks = dict(
    logger=dict(interval=1),  # one point of the curves per step
    checkpoint=dict(interval=1, max_keep_ckpts=1),
)
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='ChannelsLastHook'),
    dict(type='CorrespondencePrecisionHook', num_images=128),
]
log_processor = dict(window_size=1)  # no average over steps
env_cfg = dict(cudnn_benchmark=False)
randomness = dict(seed=0)
