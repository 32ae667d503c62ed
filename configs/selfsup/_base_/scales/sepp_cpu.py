# The experiment on semantic pairs in docs/semantic_pairs.md: with and without, at equal
# steps, since pairs make an epoch longer.
#   python tools/reproduce/ablate.py sepp --seeds 0 1 2 --gpus 0 \
#       --only MoCo-v2 'MoCo-v2 + SePP' \
#       --merge configs/selfsup/_base_/scales/sepp_cpu.py \
#       --cfg-options train_dataloader.dataset.data_root=data/imagenette_split/train
_base_ = './miniature_r18.py'

model = dict(
    backbone=dict(stem_channels=16, base_channels=16),  # a quarter of a ResNet-18
    neck=dict(in_channels=128, hid_channels=128),
)
train_dataloader = dict(
    num_workers=0,
    # 96 px have 6x6 positions; the blur is scaled with the views.
    dataset=dict(
        pipeline={
            '1': dict(transforms={'0': {'0': dict(size=96), '3': dict(sigma_max=1.0)}})
        }
    ),
)
# 5,600 steps of 64 images: 50 epochs of the 7,200 photographs without pairs.
param_scheduler = [dict(type='CosineAnnealingLR', by_epoch=False)]
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=1400))
log_processor = dict(by_epoch=False)
# Not at the top level, where this file's base would take _delete_ for itself.
_steps = dict(
    train_cfg=dict(_delete_=True, type='IterBasedTrainLoop', max_iters=5600),
)
for_model_type = dict(GroupedMoCo=_steps, SimSiam=_steps, SetSim=_steps)

custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='KNNHook',
        data_root='data/imagenette_split',
        image_size=128,
        interval=None,
        num_workers=0,
    ),
]
