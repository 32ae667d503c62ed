# A ResNet-50 with a projector to descriptors. 256 is the largest dimension in the Image
# Similarity Challenge.
_base_ = '../../_base_/models/resnet50.py'

model = dict(
    neck=dict(
        type='MoCoV2Neck',
        in_channels=2048,
        hid_channels=2048,
        out_channels=256,
        with_avg_pool=True,
    )
)
