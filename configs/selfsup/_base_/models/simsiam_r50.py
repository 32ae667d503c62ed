_base_ = './resnet50.py'

# SimSiam (arXiv:2011.10566), the second baseline of Table 1: mmselfsup's own, fed by
# this project's views. Every BatchNorm is synchronised where there is more than one GPU
# (_base_/simsiam_runtime.py), so that none is named SyncBN here.
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
