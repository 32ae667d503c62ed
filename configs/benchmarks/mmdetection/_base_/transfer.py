# What all detectors here share: a backbone under test of which nothing stays frozen.
custom_imports = dict(
    imports=['setsim_mm', 'setsim_mm.transfer.detection'], allow_failed_imports=False
)
# BatchNorm becomes SyncBN where several GPUs train, and nowhere else.
sync_bn = 'torch'
randomness = dict(seed=0)

# The backbone's weights, tensors only. tools/benchmarks/finetune.py writes this file
# from any checkpoint; for mim, tools/model_converters/extract_backbone_weights.py does.
pretrained = dict(type='Pretrained', checkpoint='backbone.pth')
trained_bn = dict(type='BN', requires_grad=True)
trained_backbone = dict(
    frozen_stages=-1,
    norm_cfg=trained_bn,
    norm_eval=False,
    style='pytorch',
    init_cfg=pretrained,
)
# C4: the fourth stage is the head of the regions, with a BatchNorm of its own behind it
# (MoCo, section 4.2 and its detectron2 configs: Res5ROIHeadsExtraNorm).
trained_res5 = dict(
    _delete_=True,
    type='Res5ExtraNorm',
    depth=50,
    norm_cfg=trained_bn,
    init_cfg=pretrained,
)
# As in pre-training. The C4 models of mmdet are caffe's, in BGR.
rgb = dict(
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,  # mmdet loads BGR
)
