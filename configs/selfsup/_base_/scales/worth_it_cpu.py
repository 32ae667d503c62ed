# The small setting of docs/worth_it.md: less than a minute of one CPU core for each
# pre-training. A quarter of a ResNet-18, views of 64 px (4x4 positions), one direction.
# Another number of epochs: --cfg-options train_cfg.max_epochs=16
_base_ = './miniature_r18.py'

model = dict(
    bn_group_size=16,  # two groups in a batch
    backbone=dict(stem_channels=16, base_channels=16),
    neck=dict(in_channels=128, hid_channels=128),
)
for_model_type = dict(SetSim=dict(model=dict(symmetric=False)))
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    # The blur is scaled with the views.
    dataset=dict(
        pipeline={
            '1': dict(transforms={'0': {'0': dict(size=64), '3': dict(sigma_max=0.6)}})
        }
    ),
)
default_hooks = dict(checkpoint=dict(interval=8))
custom_hooks = [
    *_base_.custom_hooks[:-1],
    # At the end only.
    dict(
        type='CorrespondencePrecisionHook', initial=False, interval=None, num_images=64
    ),
]
