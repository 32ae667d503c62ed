_base_ = './setsim_r18.py'

# A ResNet-18 of half width for experiments on a CPU. Without its last stride, 112 px
# views have 7x7 positions, as 224 px views in a ResNet-50.
model = dict(
    queue_len=1024,
    momentum=0.99,  # 0.999 needs thousands of steps
    backbone=dict(stem_channels=32, base_channels=32, strides=(1, 2, 2, 1)),
    neck=dict(in_channels=256, hid_channels=256),
)
