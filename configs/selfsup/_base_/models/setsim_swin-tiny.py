_base_ = './setsim_r50.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmcls.SwinTransformer',
        arch='tiny',
        # No regularisation of supervised training, as in MoCo-v3.
        drop_path_rate=0.0,
        # Shift and pad windows also on small maps, as in MMDetection and
        # MMSegmentation, to support views of any size.
        pad_small_map=True,
        # The initialisation of MMCls' classifier, which the backbone alone lacks.
        init_cfg=[
            dict(type='TruncNormal', layer='Linear', std=0.02, bias=0.0),
            dict(type='Constant', layer='LayerNorm', val=1.0, bias=0.0),
        ],
    ),
    neck=dict(in_channels=768, hid_channels=768),
)
