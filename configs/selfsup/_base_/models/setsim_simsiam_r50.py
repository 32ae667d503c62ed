_base_ = ['./simsiam_r50.py', '../matchers/set_geo_nn.py']

# SetSim on SimSiam (Table 1): the set level parallel to SimSiam's image level.
model = dict(
    type='SetSimSiam',
    symmetric=True,  # Sym of Table 3
    matcher=_base_.matcher,
    neck=dict(
        _delete_=True,
        type='SetSimSiamNeck',
        in_channels=2048,
        hid_channels=2048,
        out_channels=2048,
    ),
    head=dict(
        _delete_=True,
        type='SetSimSiamHead',
        in_channels=2048,
        hid_channels=512,
        loss=dict(type='SetCosineLoss'),
        loss_lambda=0.5,  # Eq. 9
    ),
)
