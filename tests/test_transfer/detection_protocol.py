"""Literal values of detectron2 and of the YAML files, for every detection config.

Sources, by file and key:

- d2: facebookresearch/detectron2 (02b5c4e), ``detectron2/config/defaults.py``; with a
  file name, that file in ``configs/``;
- C4-BN: ``Base-RCNN-C4-BN.yaml``, and VOC24k: ``pascal_voc_R_50_C4_24k.yaml``, in
  ``detection/configs`` of DerrickWang005/SetSim.pytorch (6a439e2, the paper's authors)
  and of facebookresearch/moco (3402035);
- FPN-1x: ``coco_R_50_FPN_1x.yaml`` of the paper's authors; DenseCL's
  ``R_50_FPN_1x.yaml`` (b64bbb6) and PixPro's ``COCO_R_50_FPN_1x.yaml`` (e390d6b) agree.

Differences that mmdet cannot express without new code:

- The target of an anchor that is positive as an object's best one is that object's box;
  in detectron2, that of the object with which it overlaps most (``Matcher``).
- Anchors over the padding of a smaller image are left out; in detectron2 they are
  negatives.
- The initialisation of the layer after the mask's deconvolution is Kaiming's, in
  detectron2 N(0, 0.001); that of the box head's layer is Xavier's, in detectron2
  Caffe2's.
- Warm-up ends one iteration earlier (mmengine's ``LinearLR``).
- VOC's boxes are a pixel smaller (docs/benchmarks.md).
"""

EVERYWHERE = {
    'anchor ratios': [0.5, 1.0, 2.0],  # d2 MODEL.ANCHOR_GENERATOR.ASPECT_RATIOS
    'anchor offset': 0.0,  # d2 MODEL.ANCHOR_GENERATOR.OFFSET
    'RPN thresholds': (0.3, 0.7),  # d2 MODEL.RPN.IOU_THRESHOLDS
    # d2 modeling/proposal_generator/rpn.py, Matcher(allow_low_quality_matches=True)
    'RPN takes best anchors': (True, 'of any overlap'),
    'RPN border': -1,  # d2 MODEL.RPN.BOUNDARY_THRESH
    'RPN batch': (256, 0.5),  # d2 MODEL.RPN.BATCH_SIZE_PER_IMAGE, POSITIVE_FRACTION
    'RPN NMS': (0.7, 0.7),  # d2 MODEL.RPN.NMS_THRESH, in training and in testing
    'RPN smallest': (0, 0),  # d2 MODEL.PROPOSAL_GENERATOR.MIN_SIZE
    # d2 MODEL.RPN.BBOX_REG_LOSS_TYPE smooth_l1, SMOOTH_L1_BETA 0.0, ..._LOSS_WEIGHT
    'RPN box loss': ('L1', 1.0),
    'RPN box weights': [1.0, 1.0, 1.0, 1.0],  # d2 MODEL.RPN.BBOX_REG_WEIGHTS
    'RPN class loss': ('sigmoid', 1.0),  # d2 MODEL.RPN.LOSS_WEIGHT
    'RoI thresholds': (0.5, 0.5),  # d2 MODEL.ROI_HEADS.IOU_THRESHOLDS, IOU_LABELS
    # d2 modeling/roi_heads/roi_heads.py, Matcher(allow_low_quality_matches=False)
    'RoI takes best regions': False,
    # d2 MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE, POSITIVE_FRACTION, PROPOSAL_APPEND_GT
    'RoI batch': (512, 0.25, True),
    # d2 MODEL.ROI_BOX_HEAD.BBOX_REG_LOSS_TYPE, SMOOTH_L1_BETA 0.0, ..._LOSS_WEIGHT
    'box loss': ('L1', 1.0),
    'box weights': [10.0, 10.0, 5.0, 5.0],  # d2 MODEL.ROI_BOX_HEAD.BBOX_REG_WEIGHTS
    'box for each class': True,  # d2 MODEL.ROI_BOX_HEAD.CLS_AGNOSTIC_BBOX_REG False
    # d2 MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO, POOLER_TYPE ROIAlignV2
    'RoIAlign': ('RoIAlign', 0, True),
    'score threshold': 0.05,  # d2 MODEL.ROI_HEADS.SCORE_THRESH_TEST
    'box NMS': 0.5,  # d2 MODEL.ROI_HEADS.NMS_THRESH_TEST
    'detections': 100,  # d2 TEST.DETECTIONS_PER_IMAGE
    'momentum': (0.9, False),  # d2 SOLVER.MOMENTUM, NESTEROV
    'drop': 0.1,  # d2 SOLVER.GAMMA
    'decay': 1e-4,  # d2 SOLVER.WEIGHT_DECAY; of biases, too (WEIGHT_DECAY_BIAS None)
    'decay of norms': 0.0,  # d2 SOLVER.WEIGHT_DECAY_NORM
    'clipping': None,  # d2 SOLVER.CLIP_GRADIENTS.ENABLED False
    'PreciseBN': 200,  # C4-BN, FPN-1x TEST.PRECISE_BN.ENABLED; d2 ...NUM_ITER
    'flip': 0.5,  # d2 INPUT.RANDOM_FLIP horizontal
    'images by shape': 'AspectRatioBatchSampler',  # d2 DATALOADER.ASPECT_RATIO_GROUPING
    'decoder': ('pillow', 'pillow'),  # d2 data/detection_utils.py read_image
}
C4 = {
    'anchor sizes': [[32, 64, 128, 256, 512]],  # d2 MODEL.ANCHOR_GENERATOR.SIZES
    'anchor strides': [16],  # d2 MODEL.RPN.IN_FEATURES res4
    # d2 MODEL.RPN.PRE_NMS_TOPK_TRAIN, POST_NMS_TOPK_TRAIN
    'proposals in training': (12000, 2000),
    'proposals in testing': (6000, 1000),  # C4-BN MODEL.RPN.PRE_, POST_NMS_TOPK_TEST
    'RoI size': 14,  # d2 MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION
    'padding': 1,  # d2 modeling/backbone/backbone.py size_divisibility 0
    'extra norm': True,  # C4-BN MODEL.ROI_HEADS.NAME Res5ROIHeadsExtraNorm
}
FPN = {
    'anchor sizes': [[32], [64], [128], [256], [512]],  # d2 Base-RCNN-FPN ...SIZES
    'anchor strides': [4, 8, 16, 32, 64],  # d2 Base-RCNN-FPN MODEL.RPN.IN_FEATURES
    # d2 Base-RCNN-FPN MODEL.RPN.PRE_NMS_TOPK_TRAIN (a level), POST_NMS_TOPK_TRAIN
    'proposals in training': (2000, 1000),
    'proposals in testing': (1000, 1000),  # d2 Base-RCNN-FPN ...PRE_, POST_..._TEST
    'RoI size': 7,  # d2 Base-RCNN-FPN MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION
    'padding': 32,  # d2 modeling/backbone/fpn.py size_divisibility
    'extra norm': False,
    'RoI levels': [4, 8, 16, 32],  # d2 Base-RCNN-FPN MODEL.ROI_HEADS.IN_FEATURES
    'finest scale': 56,  # d2 modeling/poolers.py canonical_box_size 224, level 4
    'mask RoI size': 14,  # d2 Base-RCNN-FPN MODEL.ROI_MASK_HEAD.POOLER_RESOLUTION
    # FPN-1x MODEL.ROI_BOX_HEAD.NUM_CONV, NUM_FC; d2 ...CONV_DIM, FC_DIM
    'box head': ([256] * 4, [1024]),
    # d2 Base-RCNN-FPN MODEL.ROI_MASK_HEAD.NUM_CONV; d2 ...CONV_DIM
    'mask head': [256] * 4,
    # FPN-1x MODEL.FPN.NORM, ROI_BOX_HEAD.NORM, ROI_MASK_HEAD.NORM: SyncBN
    'norms': dict(neck=8, bbox_head=4, mask_head=4),
}
# KP: d2 COCO-Keypoints/Base-Keypoint-RCNN-FPN.yaml; keypoint_rcnn_R_50_FPN_1x.yaml adds
# nothing. The box head and the norms are those of FPN-1x (docs/benchmarks.md).
KEYPOINTS = {
    name: value
    for name, value in FPN.items()
    if name not in ('mask head', 'mask RoI size')
} | {
    'classes': 1,  # KP MODEL.ROI_HEADS.NUM_CLASSES
    'box loss': ('SmoothL1 with beta 0.5', 1.0),  # KP MODEL.ROI_BOX_HEAD.SMOOTH_L1_BETA
    'proposals in training': (2000, 1500),  # KP MODEL.RPN.POST_NMS_TOPK_TRAIN
    # d2 MODEL.ROI_KEYPOINT_HEAD.POOLER_RESOLUTION
    'keypoint RoI size': 14,
    # d2 MODEL.ROI_KEYPOINT_HEAD.CONV_DIMS, NUM_KEYPOINTS
    'keypoint head': ([512] * 8, 17),
    # d2 modeling/roi_heads/keypoint_head.py: deconvolution and bilinear enlargement
    'heat map': 56,
    'keypoint loss': 1.0,  # d2 MODEL.ROI_KEYPOINT_HEAD.LOSS_WEIGHT
    # d2 MODEL.ROI_KEYPOINT_HEAD.MIN_KEYPOINTS_PER_IMAGE
    'labelled key points of an image': 1,
    'norms': dict(neck=8, bbox_head=4, keypoint_head=8),
}
COCO = {
    'classes': 80,  # d2 MODEL.ROI_HEADS.NUM_CLASSES
    'sides': list(range(640, 801, 32)),  # d2 Base-RCNN-FPN INPUT.MIN_SIZE_TRAIN
    'longest side': 1333,  # d2 INPUT.MAX_SIZE_TRAIN
    'test': (1333, 800),  # d2 INPUT.MAX_SIZE_TEST, MIN_SIZE_TEST
    'batch': 16,  # d2 Base-RCNN-FPN SOLVER.IMS_PER_BATCH, on 8 GPUs
    'rate': 0.02,  # d2 Base-RCNN-FPN SOLVER.BASE_LR
    'iterations': 90000,  # FPN-1x SOLVER.MAX_ITER
    'steps': [60000, 80000],  # FPN-1x SOLVER.STEPS
    'warm-up': (1000, 0.001),  # d2 SOLVER.WARMUP_ITERS, WARMUP_FACTOR
}
VOC = COCO | {
    'classes': 20,  # VOC24k MODEL.ROI_HEADS.NUM_CLASSES
    'sides': list(range(480, 801, 32)),  # VOC24k INPUT.MIN_SIZE_TRAIN
    'iterations': 24000,  # VOC24k SOLVER.MAX_ITER
    'steps': [18000, 22000],  # VOC24k SOLVER.STEPS
    'warm-up': (100, 0.001),  # VOC24k SOLVER.WARMUP_ITERS; d2 SOLVER.WARMUP_FACTOR
}
# d2 Cityscapes/mask_rcnn_R_50_FPN.yaml, under the same keys
CITYSCAPES = COCO | {
    'classes': 8,
    'sides': list(range(800, 1025, 32)),
    'longest side': 2048,
    'test': (2048, 1024),
    'batch': 8,
    'rate': 0.01,
    'iterations': 24000,
    'steps': [18000],
}
# SOLVER.MAX_ITER and STEPS of the authors' coco_R_50_FPN_2x.yaml
TWICE = {'iterations': 180000, 'steps': [120000, 160000]}
PROTOCOLS = {
    'faster-rcnn_r50-c4_24k_voc0712': EVERYWHERE | C4 | VOC,
    # d2 MODEL.ROI_MASK_HEAD.NUM_CONV 0: the masks come from res5
    'mask-rcnn_r50-c4_1x_coco': EVERYWHERE | C4 | COCO | {'mask head': []},
    'keypoint-rcnn_r50-fpn_1x_coco': EVERYWHERE | COCO | KEYPOINTS,
    'keypoint-rcnn_r50-fpn_2x_coco': EVERYWHERE | COCO | KEYPOINTS | TWICE,
    'mask-rcnn_r50-fpn_1x_coco': EVERYWHERE | FPN | COCO,
    'mask-rcnn_r50-fpn_2x_coco': EVERYWHERE | FPN | COCO | TWICE,
    'mask-rcnn_r50-fpn_24k_cityscapes': EVERYWHERE | FPN | CITYSCAPES,
    'faster-rcnn_r50-c4_raccoon': EVERYWHERE | C4 | VOC | {'classes': 1},
    'mask-rcnn_r50-fpn_coco128': EVERYWHERE | FPN | COCO,
}
