# MoCo-v2, the baseline of every table: mmselfsup's own, fed by this project's views.
model = dict(
    type='MoCo',
    queue_len=65536,
    feat_dim=128,
    momentum=0.999,
    data_preprocessor=dict(
        # RGB, as the views are; ImageNet's statistics on a scale of 0 to 255
        mean=(123.675, 116.28, 103.53),
        std=(58.395, 57.12, 57.375),
    ),
    backbone=dict(
        type='ResNet',
        depth=50,
        out_indices=[4],  # mmselfsup counts from the stem: 4 is the last stage
        norm_cfg=dict(type='BN'),
    ),
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
