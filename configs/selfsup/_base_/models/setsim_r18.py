_base_ = './setsim_r50.py'

model = dict(
    backbone=dict(depth=18),
    # The hidden layers are as wide as the features, as with ResNet-50.
    neck=dict(in_channels=512, hid_channels=512),
)
