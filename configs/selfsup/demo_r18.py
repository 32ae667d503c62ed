# A first result in minutes without a GPU: what `make demo` trains (tools/demo.py).
# SetSim in small. It shows that everything works; its weights are good for nothing.
_base_ = ['./_base_/models/setsim_r50.py', './_base_/default_runtime.py']

model = dict(
    queue_len=512,
    momentum=0.99,  # a key encoder that follows within a hundred steps
    backbone=dict(
        depth=18,
        stem_channels=32,
        base_channels=32,  # half as wide
        strides=(1, 2, 2, 1),  # stride 16: 6x6 positions
    ),
    neck=dict(in_channels=256, hid_channels=256),
)

# MoCo-v2's augmentation at 96 px; the blur shrinks with the views.
view_pipeline = [
    dict(type='RandomResizedCropWithBox', size=96, scale=(0.2, 1.0)),
    dict(
        type='PILColorJitter',
        brightness=0.4,
        contrast=0.4,
        saturation=0.4,
        hue=0.1,
        prob=0.8,
    ),
    dict(type='PILRandomGrayscale', prob=0.2),
    dict(type='PILRandomGaussianBlur', sigma_min=0.1, sigma_max=1.0, prob=0.5),
    dict(type='RandomHorizontalFlipWithBox', prob=0.5),
]
train_dataloader = dict(
    batch_size=16,
    num_workers=0,  # the processor has its hands full with the network
    persistent_workers=False,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='UnlabeledImages',
        data_root='work_dirs/demo/windows',  # tools/demo.py says where
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='MultiViewWithBoxes', num_views=2, transforms=[view_pipeline]),
            dict(type='PackSelfSupInputs', meta_keys=['img_path', 'view_boxes']),
        ],
    ),
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.03, momentum=0.9, weight_decay=1e-4),
)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=6)
param_scheduler = [
    dict(type='CosineAnnealingLR', end=6, by_epoch=True, convert_to_iter_based=True)
]

default_hooks = dict(
    logger=dict(interval=1),  # every step a point of the loss curve
    checkpoint=dict(interval=1, max_keep_ckpts=1),
)
custom_hooks = [
    dict(type='PreTrainingCheckHook'),
    dict(type='CorrespondencePrecisionHook', num_images=128),
]
log_processor = dict(by_epoch=True, window_size=1)  # the losses of that step alone
env_cfg = dict(cudnn_benchmark=False)
