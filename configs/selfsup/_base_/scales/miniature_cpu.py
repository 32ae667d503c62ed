# The small setting of docs/ablations.md: a few minutes per run on one CPU core. Smaller
# views, a narrower network, and the labelled probes at the end.
#   python tools/reproduce/ablate.py table2 figure3 --seeds 0 1 2 --jobs 2 \
#       --merge configs/selfsup/_base_/scales/miniature_cpu.py \
#       --cfg-options train_dataloader.dataset.data_root=data/imagenette160/train
_base_ = './quarter_r18.py'

train_dataloader = dict(
    batch_size=32,  # with a queue, more steps are better than larger batches
)
train_cfg = dict(max_epochs=1)  # 200 steps with 6,400 photographs

custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='KNNHook',
        data_root='data/imagenette160',
        num_train=1600,
        num_val=800,
        image_size=128,
        initial=False,
        interval=None,
        num_workers=0,
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
]
