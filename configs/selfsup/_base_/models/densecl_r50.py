_base_ = './mocov2_r50.py'

# DenseCL (arXiv:2011.09157) of mmselfsup with the views of this project. The values
# are those of mmselfsup's densecl_resnet50_8xb32-coslr-200e_in1k.py.
model = dict(
    type='GroupedDenseCL',
    loss_lambda=0.5,
    neck=dict(
        _delete_=True,
        type='DenseCLNeck',
        in_channels=2048,
        hid_channels=2048,
        out_channels=128,
        num_grid=None,
    ),
)
