# Settings of all algorithms on a ResNet-50.
model = dict(
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
)
