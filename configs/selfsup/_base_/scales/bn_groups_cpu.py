# The experiment on BatchNorm groups in docs/fidelity.md: do batch statistics leak the
# solution of the pretext task? A narrow network and small views allow many steps on a
# CPU. Two groups of 32 images; the control is model.bn_group_size=None.
#   python tools/reproduce/ablate.py table1 --seeds 0 1 2 \
#       --only MoCo-v2 'MoCo-v2 + SetSim' \
#       --merge configs/selfsup/_base_/scales/bn_groups_cpu.py \
#       --cfg-options train_dataloader.dataset.data_root=data/imagenette160/train
_base_ = './miniature_r18.py'

model = dict(
    backbone=dict(stem_channels=16, base_channels=16),
    neck=dict(in_channels=128, hid_channels=128),
)
train_dataloader = dict(
    num_workers=0,
    # 64 px give 4x4 positions; the blur is scaled with the views.
    dataset=dict(
        pipeline={
            '1': dict(transforms={'0': {'0': dict(size=64), '3': dict(sigma_max=0.6)}})
        }
    ),
)
train_cfg = dict(max_epochs=5)  # 500 steps with 6,400 photographs

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='PretextAccuracyHook', steps=100),
    dict(
        type='KNNHook',
        data_root='data/imagenette160',
        num_train=4000,
        num_val=1000,
        image_size=64,
        interval=None,
        num_workers=0,
    ),
]
