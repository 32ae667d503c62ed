_base_ = ['./mocov2_r50.py', '../matchers/set_geo_nn.py']

# SetSim on MoCo-v2: the set level parallel to MoCo's image level.
model = dict(
    type='SetSim',
    symmetric=True,  # Sym of Table 3
    matcher=_base_.matcher,
    neck=dict(
        _delete_=True,
        type='SetSimNeck',
        in_channels=2048,
        hid_channels=2048,
        out_channels=128,
    ),
    head=dict(
        _delete_=True,
        type='SetSimHead',
        loss=dict(type='SetContrastiveLoss', temperature=0.2),
        loss_lambda=0.5,  # Eq. 9
    ),
)
