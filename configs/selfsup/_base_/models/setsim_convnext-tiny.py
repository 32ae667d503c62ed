_base_ = './setsim_r50.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmcls.ConvNeXt',
        arch='tiny',
        gap_before_final_norm=False,  # return the map, not its average
    ),
    neck=dict(in_channels=768, hid_channels=768),
)
