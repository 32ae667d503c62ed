# QK Iteration. Temperature, projector and length of a phase are ours: the paper's are
# not known. 256 is the largest dimension in the Image Similarity Challenge.
_base_ = '../../_base_/models/resnet50.py'

model = dict(
    type='QKIteration',
    feat_dim=256,
    neck=dict(
        type='MoCoV2Neck',
        in_channels=2048,
        hid_channels=2048,
        out_channels=256,
        with_avg_pool=True,
    ),
    head=dict(type='BankContrastiveHead', temperature=0.1),
)
find_unused_parameters = True  # one side has no gradient in a phase
