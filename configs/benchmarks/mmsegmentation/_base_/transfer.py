# Settings of all FCNs: a pre-trained backbone without frozen stages.
custom_imports = dict(imports=['setsim_mm'], allow_failed_imports=False)
# Converts BatchNorm to SyncBN when several GPUs train.
sync_bn = 'torch'
randomness = dict(seed=0)

trained_bn = dict(type='BN', requires_grad=True)
trained_fcn = dict(
    pretrained=None,
    # RGB, as in pre-training
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,  # mmseg loads BGR
    ),
    backbone=dict(
        type='ResNet',  # not ResNetV1c, whose stem differs from the pre-trained one
        norm_cfg=trained_bn,
        frozen_stages=-1,
        # The weights of the backbone. tools/benchmarks/finetune.py writes this file
        # from any checkpoint; for mim, use
        # tools/model_converters/extract_backbone_weights.py.
        init_cfg=dict(type='Pretrained', checkpoint='backbone.pth'),
    ),
    decode_head=dict(norm_cfg=trained_bn),
    auxiliary_head=dict(norm_cfg=trained_bn),
)
