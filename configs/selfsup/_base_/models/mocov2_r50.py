_base_ = './resnet50.py'

# MoCo-v2 of mmselfsup, the baseline of all tables, with the views of this project. One
# process normalises in groups and shuffles the keys among them (docs/fidelity.md).
model = dict(
    type='GroupedMoCo',
    queue_len=65536,
    feat_dim=128,
    momentum=0.999,
    neck=dict(
        type='MoCoV2Neck',
        in_channels=2048,
        hid_channels=2048,
        out_channels=128,
        with_avg_pool=True,
    ),
    head=dict(
        type='ContrastiveHead',
        loss=dict(type='mmcls.CrossEntropyLoss'),
        temperature=0.2,
    ),
)
