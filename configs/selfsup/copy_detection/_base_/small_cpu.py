# A small setting to merge into the configs of this folder: a ResNet-18 of a quarter of
# the width on 64 px, for one CPU core and the 5,000 references of data/copies, which
# tools/datasets/make_copies.py writes. The experiment of docs/copy_detection.md:
#   python tools/reproduce/ablate.py copies --seeds 0 1 2 --gpus 0 \
#       --work-dir work_dirs/copies \
#       --merge configs/selfsup/copy_detection/_base_/small_cpu.py
_base_ = '../../_base_/default_runtime.py'

model = dict(
    backbone=dict(depth=18, stem_channels=16, base_channels=16, strides=(1, 2, 2, 1)),
    neck=dict(in_channels=128, hid_channels=256),
)
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(
        data_root='data/copies/references/',
        pipeline={
            '1': dict(
                transforms={
                    '0': {
                        '0': dict(
                            transforms={'0': dict(data_root='data/copies/training/')}
                        ),
                        '1': dict(size=64),
                    },
                    '1': {'0': dict(size=64)},
                }
            )
        },
    ),
)
train_cfg = dict(max_epochs=12)  # 78 steps of 64 of the 5,000 references each
default_hooks = dict(
    logger=dict(interval=20), checkpoint=dict(interval=1, max_keep_ckpts=1)
)

_hooks = [
    *_base_.custom_hooks,
    dict(type='ChannelsLastHook'),
    dict(
        type='CopyDetectionHook',
        data_root='data/copies/',
        image_size=64,
        interval=6,
        initial=False,
        num_workers=0,
    ),
]
for_model_type = dict(
    SimCLR=dict(custom_hooks=_hooks),
    QKIteration=dict(
        custom_hooks=[*_hooks, dict(type='QKPhaseHook', length=1, num_workers=0)]
    ),
)
