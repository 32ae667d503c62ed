_base_ = './mocov2_r50.py'

# SetSim as the paper's best row of Table 3 has it: Set + Geo + Sym.
model = dict(
    type='SetSim',
    symmetric=True,
    matcher=dict(
        type='UnionMatcher',
        matchers=[
            dict(type='Set2SetMatcher', threshold=0.7),  # Figure 3
            dict(type='GeometricMatcher', radius=0.7),  # PixPro's, section 4.1
        ],
        nearest_neighbor=True,  # Eq. 7
    ),
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
