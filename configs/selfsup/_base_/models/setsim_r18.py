_base_ = './setsim_r50.py'

# Small enough to try things on a CPU. Without the last stride, 112 px views keep the
# 7x7 positions that 224 px views have in a ResNet-50.
model = dict(
    queue_len=1024,
    backbone=dict(depth=18, strides=(1, 2, 2, 1)),
    neck=dict(in_channels=512, hid_channels=512),
)
