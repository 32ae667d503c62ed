"""Benchmarks on small images, with few regions and two iterations."""

from tests.processes import REPO

BENCHMARKS = REPO / 'configs' / 'benchmarks'
C4 = BENCHMARKS / 'mmdetection/voc0712/faster-rcnn_r50-c4_24k_voc0712.py'
FCN = BENCHMARKS / 'mmsegmentation/voc12aug/fcn_r50-d8_20k_voc12aug-512x512.py'

TINY_C4 = f"""
_base_ = '{C4}'
task = None
model = dict(
    train_cfg=dict(rcnn=dict(sampler=dict(num=16))),
    test_cfg=dict(rpn=dict(nms_pre=50, max_per_img=20)),
)
trainval07, trainval12 = _base_.train_dataloader.dataset.datasets
trainval07.pipeline[3].scales = [(64, 64)]
trainval12.pipeline = trainval07.pipeline
train_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(datasets=[trainval07, trainval12]),
)
test_pipeline = _base_.test_pipeline
test_pipeline[1].scale = (64, 64)
val_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(pipeline=test_pipeline)
)
test_dataloader = val_dataloader
train_cfg = dict(max_iters=2)
custom_hooks = [dict(_base_.custom_hooks[0], num_batches=2)]
default_hooks = dict(logger=dict(interval=1))
"""
TINY_FCN = f"""
_base_ = '{FCN}'
task = None
crop_size = (48, 48)
model = dict(data_preprocessor=dict(size=crop_size))
train_pipeline = _base_.train_pipeline
train_pipeline[2].scale = (64, 64)
train_pipeline[3].crop_size = crop_size
train_pipeline[6].size = crop_size
train, aug = _base_.train_dataloader.dataset.datasets
train.pipeline = aug.pipeline = train_pipeline
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(datasets=[train, aug]),
)
test_pipeline = _base_.test_pipeline
test_pipeline[1].scale = (64, 64)
val_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(pipeline=test_pipeline)
)
test_dataloader = val_dataloader
train_cfg = dict(max_iters=2)
default_hooks = dict(logger=dict(interval=1))
"""
