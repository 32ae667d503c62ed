# The baseline with negatives from the batch only: SimCLR of mmselfsup, one model for
# both views, with the projector and the temperature of QK Iteration.
_base_ = './descriptor_r50.py'

model = dict(
    type='SimCLR',
    head=dict(
        type='ContrastiveHead',
        loss=dict(type='mmcls.CrossEntropyLoss'),
        temperature=0.1,
    ),
)
