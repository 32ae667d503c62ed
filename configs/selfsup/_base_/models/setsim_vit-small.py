_base_ = './setsim_r50.py'

# ViT-S/16 as MoCo-v3 trains it (arXiv:2104.02057): 12 heads, fixed sine-cosine
# positions, and a fixed random patch embedding, which stabilises training.
# A 224 px view has 14x14 positions.
model = dict(
    backbone=dict(
        _delete_=True,
        type='MoCoV3ViT',  # MMSelfSup's subclass of MMCls' VisionTransformer
        arch='mocov3-small',
        patch_size=16,
        stop_grad_conv1=True,
        output_cls_token=False,  # return only the map
    ),
    neck=dict(in_channels=384, hid_channels=384),
)
