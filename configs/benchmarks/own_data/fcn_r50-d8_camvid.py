# Your own label images (docs/own_data.md): CamVid, 367 street scenes for training and
# 101 for validation, with 11 classes.
_base_ = [
    'mmseg::_base_/models/fcn_r50-d8.py',
    'mmseg::_base_/schedules/schedule_20k.py',
    'mmseg::_base_/default_runtime.py',
    '../mmsegmentation/_base_/datasets/camvid.py',
    '../mmsegmentation/_base_/transfer.py',
]
task = None  # no check of the files of a benchmark

model = _base_.trained_fcn
width, height = _base_.scale
model.data_preprocessor.update(size=(height, width), seg_pad_val=_base_.unlabelled)
for head in (model.decode_head, model.auxiliary_head):
    head.update(num_classes=len(_base_.classes), ignore_index=_base_.unlabelled)
train_dataloader = dict(batch_size=4, sampler=dict(type='InfiniteSampler'))
auto_scale_lr = dict(enable=False, base_batch_size=16)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
