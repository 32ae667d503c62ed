# The experiment on semantic pairs in docs/semantic_pairs.md: with and without, at equal
# steps, since pairs make an epoch longer.
#   python tools/reproduce/ablate.py sepp --seeds 0 1 2 --gpus 0 \
#       --only MoCo-v2 'MoCo-v2 + SePP' \
#       --merge configs/selfsup/_base_/scales/sepp_cpu.py \
#       --cfg-options train_dataloader.dataset.data_root=data/imagenette_split/train
_base_ = './quarter_r18.py'

# 64 px instead of 96; the blur is scaled with the views.
train_dataloader = dict(
    dataset=dict(
        pipeline={
            '1': dict(transforms={'0': {'0': dict(size=64), '3': dict(sigma_max=0.6)}})
        }
    )
)
# 2,800 steps of 64 images: 25 epochs of the 7,200 photographs without pairs.
param_scheduler = [dict(type='CosineAnnealingLR', by_epoch=False)]
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=700))
log_processor = dict(by_epoch=False)
# Not at the top level, where this file's base would take _delete_ for itself.
_steps = dict(
    train_cfg=dict(_delete_=True, type='IterBasedTrainLoop', max_iters=2800),
)
for_model_type = dict(GroupedMoCo=_steps, SimSiam=_steps, SetSim=_steps)

custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='KNNHook',
        data_root='data/imagenette_split',
        image_size=96,
        initial=False,
        interval=None,
        num_workers=0,
    ),
]
