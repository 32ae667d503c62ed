# A small setting to merge into any pre-training config:
#   python tools/reproduce/ablate.py FAMILY \
#       --merge configs/selfsup/_base_/scales/miniature_r18.py \
#       --cfg-options train_dataloader.dataset.data_root=/any/folder
# A ResNet-18 of half width on views of 112 px, as in setsim_r18_10e_folder112.py,
# and any folder of images; minutes on one GPU. No value is that of the paper.
_base_ = '../default_runtime.py'

model = dict(
    # Without the last stride, 112 px views have 7x7 positions, as in a ResNet-50.
    backbone=dict(depth=18, stem_channels=32, base_channels=32, strides=(1, 2, 2, 1)),
    neck=dict(in_channels=256, hid_channels=256),
)

train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    dataset=dict(
        data_root='data/images/',
        ann_file='',
        data_prefix=dict(img_path=''),
        classes=None,  # all classes, not those of ImageNet-100
        max_unreadable_share=0.1,
        pipeline={'1': dict(transforms={'0': {'0': dict(size=112)}})},
    ),
)

# Without an end, the cosine ends with the last epoch.
train_cfg = dict(max_epochs=10)
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=True, convert_to_iter_based=True)
]

# Only for algorithms with a queue.
_with_queue = dict(
    model=dict(queue_len=1024, momentum=0.99),  # 0.999 needs thousands of steps
    optim_wrapper=dict(optimizer=dict(lr=0.06)),
)
for_model_type = dict(
    SetSim=_with_queue,
    GroupedMoCo=_with_queue,
    GroupedDenseCL=_with_queue,
)

default_hooks = dict(
    logger=dict(interval=10), checkpoint=dict(interval=1, max_keep_ckpts=1)
)
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='CorrespondencePrecisionHook', interval=1, num_images=256),
]
