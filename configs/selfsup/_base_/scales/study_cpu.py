# The small setting of docs/study.md: about an hour per run on one CPU core.
#   python tools/reproduce/ablate.py study --seeds 0 1 2 --gpus 0 \
#       --only MoCo-v2 DenseCL SetSim \
#       --merge configs/selfsup/_base_/scales/study_cpu.py \
#       --cfg-options train_dataloader.dataset.data_root=data/imagenette_split/train
_base_ = './quarter_r18.py'

train_cfg = dict(max_epochs=50)  # 112 steps of 64 of the 7,200 photographs each
default_hooks = dict(logger=dict(interval=28))

# All probes measure after the last step, the quick ones before the first step, too.
custom_hooks = _base_.custom_hooks
custom_hooks[-1].interval = None  # of CorrespondencePrecisionHook
custom_hooks += [
    dict(
        type='KNNHook',
        data_root='data/imagenette_split',
        image_size=128,
        interval=None,
        num_workers=0,
    ),
    dict(
        type='InContextHook',
        images='camvid',
        train=('data/camvid/images/train', 'data/camvid/labels/train'),
        val=('data/camvid/images/val', 'data/camvid/labels/val'),
        num_classes=11,
        ignored=11,
        size=(180, 240),
        interval=None,
    ),
    dict(
        type='InContextHook',
        images='coco128',
        train=('data/coco128_labels/images/train', 'data/coco128_labels/labels/train'),
        val=('data/coco128_labels/images/val', 'data/coco128_labels/labels/val'),
        num_classes=13,
        size=(192, 256),
        interval=None,
    ),
    dict(
        type='SegmentationProbeHook',
        config='configs/benchmarks/mmsegmentation/linear_camvid.py',
        data_root='data/camvid',
        cfg_options={
            'train_dataloader.dataset.pipeline.2.scale': (240, 180),
            'val_dataloader.dataset.pipeline.1.scale': (240, 180),
            'train_cfg.max_epochs': 3,
        },
        initial=False,
        interval=None,
    ),
    dict(
        type='OverclusteringHook',
        images='camvid',
        val=('data/camvid/images/val', 'data/camvid/labels/val'),
        num_classes=11,
        ignored=11,
        size=(180, 240),
        initial=False,
        interval=None,
    ),
]
