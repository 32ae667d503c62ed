# What all detectors here share: a backbone under test of which nothing stays frozen.
custom_imports = dict(
    imports=['setsim_mm', 'setsim_mm.transfer.detection'], allow_failed_imports=False
)
# BatchNorm becomes SyncBN where several GPUs train, and nowhere else.
sync_bn = 'torch'
randomness = dict(seed=0)
# TEST.PRECISE_BN of MoCo's, DenseCL's, PixPro's and the authors' YAML files: before an
# evaluation, BatchNorm statistics of 200 batches (detectron2's NUM_ITER) take the place
# of the running averages.
custom_hooks = [dict(type='mmselfsup.PreciseBatchNormHook', num_batches=200)]
# Mixed precision (SOLVER.AMP of the authors' YAML files alone): finetune.py --amp.

# detectron2: SOLVER.WEIGHT_DECAY_NORM 0. Biases decay (WEIGHT_DECAY_BIAS None).
no_decay_of_norms = dict(norm_decay_mult=0.0)
# detectron2's RPN: anchors outside of the image are kept (BOUNDARY_THRESH -1), and the
# anchors that overlap an object most are positive however little that is. The minimum
# only leaves out objects that no anchor overlaps.
matched_anchors = dict(allowed_border=-1, assigner=dict(min_pos_iou=1e-6))
# detectron2 reads and resizes with Pillow; OpenCV resizes without antialiasing.
pillow = 'pillow'

# The backbone's weights, tensors only. tools/benchmarks/finetune.py writes this file
# from any checkpoint; for mim, tools/model_converters/extract_backbone_weights.py does.
pretrained = dict(type='Pretrained', checkpoint='backbone.pth')
trained_bn = dict(type='BN', requires_grad=True)
trained_backbone = dict(
    frozen_stages=-1,
    norm_cfg=trained_bn,
    norm_eval=False,
    style='pytorch',
    # For "Random init.": detectron2 zero-initialises no BatchNorm; mmdet would the last
    # of each block.
    zero_init_residual=False,
    init_cfg=pretrained,
)
# C4: the fourth stage is the head of the regions, with a BatchNorm of its own behind it
# (MoCo, section 4.2 and its detection/train_net.py: Res5ROIHeadsExtraNorm).
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
# Without an FPN, detectron2 pads images only to the largest of the batch.
unpadded_rgb = dict(**rgb, pad_size_divisor=1)
