_base_ = './resnet50.py'

# SimSiam (arXiv:2011.10566) of mmselfsup, the second baseline of Table 1, with the
# views of this project. _base_/simsiam_runtime.py converts BatchNorm to SyncBN when
# several GPUs train, so that no layer is SyncBN here.
model = dict(
    type='SimSiam',
    backbone=dict(zero_init_residual=True),
    neck=dict(
        type='NonLinearNeck',
        in_channels=2048,
        hid_channels=2048,
        out_channels=2048,
        num_layers=3,
        with_last_bn_affine=False,
        with_avg_pool=True,
        norm_cfg=dict(type='BN1d'),
    ),
    head=dict(
        type='LatentPredictHead',
        loss=dict(type='CosineSimilarityLoss'),
        predictor=dict(
            type='NonLinearNeck',
            in_channels=2048,
            hid_channels=512,
            out_channels=2048,
            with_avg_pool=False,
            with_last_bn=False,
            with_last_bias=True,
            norm_cfg=dict(type='BN1d'),
        ),
    ),
)
