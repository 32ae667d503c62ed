# Settings of all detectors: a pre-trained backbone without frozen stages.
custom_imports = dict(
    imports=['setsim_mm', 'setsim_mm.transfer.detection'], allow_failed_imports=False
)
# Converts BatchNorm to SyncBN when several GPUs train.
sync_bn = 'torch'
randomness = dict(seed=0)
# TEST.PRECISE_BN of MoCo's, DenseCL's, PixPro's and the authors' YAML files: BatchNorm
# statistics of 200 batches (detectron2's NUM_ITER) replace the running averages before
# an evaluation.
custom_hooks = [dict(type='mmselfsup.PreciseBatchNormHook', num_batches=200)]
# Mixed precision (only in the authors' YAML files, SOLVER.AMP): finetune.py --amp.

# detectron2: SOLVER.WEIGHT_DECAY_NORM 0. Biases decay (WEIGHT_DECAY_BIAS None).
no_decay_of_norms = dict(norm_decay_mult=0.0)
# detectron2's RPN: anchors outside the image are kept (BOUNDARY_THRESH -1). The anchors
# with the largest overlap with an object are positive, however small it is; the minimum
# only excludes objects without overlap.
matched_anchors = dict(allowed_border=-1, assigner=dict(min_pos_iou=1e-6))
# detectron2 reads and resizes with Pillow; OpenCV resizes without antialiasing.
pillow = 'pillow'

# The weights of the backbone. tools/benchmarks/finetune.py writes this file from any
# checkpoint; for mim, use tools/model_converters/extract_backbone_weights.py.
pretrained = dict(type='Pretrained', checkpoint='backbone.pth')
trained_bn = dict(type='BN', requires_grad=True)
trained_backbone = dict(
    frozen_stages=-1,
    norm_cfg=trained_bn,
    norm_eval=False,
    style='pytorch',
    # For "Random init.": detectron2 does not zero-initialise the last BatchNorm of each
    # block, unlike mmdet.
    zero_init_residual=False,
    init_cfg=pretrained,
)
# Section 4.2: BatchNorm also in the FPN, with the first weights of detectron2.
trained_fpn = dict(
    norm_cfg=trained_bn, init_cfg=dict(type='Caffe2Xavier', layer='Conv2d')
)
# C4: the fourth stage is the head of the regions, followed by an extra BatchNorm
# (MoCo, section 4.2 and its detection/train_net.py: Res5ROIHeadsExtraNorm).
trained_res5 = dict(
    _delete_=True,
    type='Res5ExtraNorm',
    depth=50,
    norm_cfg=trained_bn,
    init_cfg=pretrained,
)
# As in pre-training. The C4 models of mmdet use the weights of Caffe, in BGR.
rgb = dict(
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,  # mmdet loads BGR
)
# Without an FPN, detectron2 pads images only to the largest of the batch.
unpadded_rgb = dict(**rgb, pad_size_divisor=1)
