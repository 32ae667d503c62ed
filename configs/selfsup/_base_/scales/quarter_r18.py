# A smaller network and smaller views than miniature_r18.py, and channels last, for one
# CPU core. The base of miniature_cpu.py, study_cpu.py and sepp_cpu.py.
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
custom_hooks = [dict(type='ChannelsLastHook'), *_base_.custom_hooks]
