# QK Iteration. Temperature, projector and length of a phase are ours: the paper's are
# not known.
_base_ = './descriptor_r50.py'

model = dict(
    type='QKIteration',
    feat_dim=256,
    head=dict(type='BankContrastiveHead', temperature=0.1),
)
find_unused_parameters = True  # one side has no gradient in a phase
