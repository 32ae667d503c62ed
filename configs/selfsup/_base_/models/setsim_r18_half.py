_base_ = './setsim_r18.py'

# Small enough to try things on a CPU: a ResNet-18 of half the width. Without its last
# stride, 112 px views keep the 7x7 positions that 224 px views have in a ResNet-50.
model = dict(
    queue_len=1024,
    momentum=0.99,  # 0.999 takes thousands of steps to follow
    backbone=dict(stem_channels=32, base_channels=32, strides=(1, 2, 2, 1)),
    neck=dict(in_channels=256, hid_channels=256),
)
