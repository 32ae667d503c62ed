_base_ = './setsim_r50.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmcls.SwinTransformer',
        arch='tiny',
        # Regularises training with labels; MoCo-v3 has none either.
        drop_path_rate=0.0,
        # Windows are shifted and padded on small maps too, as in MMDetection and
        # MMSegmentation, so that views of any size fit.
        pad_small_map=True,
        # What MMCls gives the classifier around it; the backbone has none.
        init_cfg=[
            dict(type='TruncNormal', layer='Linear', std=0.02, bias=0.0),
            dict(type='Constant', layer='LayerNorm', val=1.0, bias=0.0),
        ],
    ),
    neck=dict(in_channels=768, hid_channels=768),
)
