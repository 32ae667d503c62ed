# The baseline with negatives from the batch only: SimCLR of mmselfsup, one model for
# both views, with the projector and the temperature of QK Iteration.
_base_ = '../../_base_/models/resnet50.py'

model = dict(
    type='SimCLR',
    neck=dict(
        type='MoCoV2Neck',
        in_channels=2048,
        hid_channels=2048,
        out_channels=256,
        with_avg_pool=True,
    ),
    head=dict(
        type='ContrastiveHead',
        loss=dict(type='mmcls.CrossEntropyLoss'),
        temperature=0.1,
    ),
)
