# One 1x1 convolution on the last feature map of a frozen backbone. The tool sets the
# backbone of the pre-training config and its number of channels.
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        # RGB, as in pre-training; ImageNet's statistics on a scale of 0 to 255
        mean=(123.675, 116.28, 103.53),
        std=(58.395, 57.12, 57.375),
        bgr_to_rgb=True,  # mmseg loads BGR
        pad_val=0,
    ),
    backbone=dict(
        type='mmselfsup.FrozenBackbone',
        backbone=dict(
            type='ResNet', depth=50, out_indices=[4], norm_cfg=dict(type='BN')
        ),
        checkpoint='backbone.pth',
    ),
    neck=dict(type='mmselfsup.BatchNormNeck', channels=2048),
    decode_head=dict(
        type='FCNHead',
        in_channels=2048,
        channels=2048,
        in_index=-1,
        num_convs=0,
        concat_input=False,
        dropout_ratio=0,
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
    ),
    test_cfg=dict(mode='whole'),
)
