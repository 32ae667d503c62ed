# Benchmarks of the `make demo` checkpoint, a ResNet-18 of half width, on a CPU:
#   python tools/reproduce/run_suite.py --checkpoint work_dirs/demo/epoch_5.pth \
#       --data-root toy_data --merge configs/benchmarks/_base_/scales/demo_r18.py \
#       --iterations 200 --image-scale 0.2 --gpus 0
# No value is that of the paper.
_backbone = dict(depth=18, stem_channels=32, base_channels=32)
# Few regions per image: a CPU trains on hundreds per second, and only on small maps.
_regions = dict(
    train_cfg=dict(rcnn=dict(sampler=dict(num=64))),
    test_cfg=dict(rpn=dict(max_per_img=100)),
)
# For one process with the batch of one GPU, instead of eight.
_detection = dict(optim_wrapper=dict(optimizer=dict(lr=0.005)))

for_model_type = dict(
    FasterRCNN=dict(
        model=dict(
            backbone=_backbone,
            rpn_head=dict(in_channels=128, feat_channels=128),
            roi_head=dict(
                shared_head=dict(depth=18, base_channels=32),
                bbox_roi_extractor=dict(out_channels=128),
                bbox_head=dict(in_channels=256),
            ),
            **_regions,
        ),
        **_detection,
    ),
    MaskRCNN=dict(
        model=dict(
            backbone=_backbone,
            neck=dict(in_channels=[32, 64, 128, 256]),
            **_regions,
        ),
        **_detection,
    ),
    KeypointRCNN=dict(
        model=dict(
            backbone=_backbone,
            neck=dict(in_channels=[32, 64, 128, 256], out_channels=64),
            rpn_head=dict(in_channels=64, feat_channels=64),
            roi_head=dict(
                bbox_roi_extractor=dict(out_channels=64),
                bbox_head=dict(
                    in_channels=64, conv_out_channels=64, fc_out_channels=256
                ),
                keypoint_roi_extractor=dict(out_channels=64),
                keypoint_head=dict(in_channels=64, conv_out_channels=64, num_convs=4),
            ),
            **_regions,
        ),
        **_detection,
    ),
    EncoderDecoder=dict(
        model=dict(
            backbone=_backbone,
            decode_head=dict(in_channels=256, channels=64),
            auxiliary_head=dict(in_channels=128, channels=32),
        ),
    ),
)
