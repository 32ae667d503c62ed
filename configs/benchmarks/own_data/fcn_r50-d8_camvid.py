# One's own label images, as docs/own_data.md shows: CamVid, 367 street scenes to learn
# from and 101 to be judged by, with 11 classes.
_base_ = [
    'mmseg::_base_/models/fcn_r50-d8.py',
    'mmseg::_base_/schedules/schedule_20k.py',
    'mmseg::_base_/default_runtime.py',
    '../mmsegmentation/_base_/datasets/camvid.py',
    '../mmsegmentation/_base_/transfer.py',
]
task = None  # no check of a benchmark's own files

model = _base_.trained_fcn
width, height = _base_.scale
model.data_preprocessor.update(size=(height, width), seg_pad_val=_base_.unlabelled)
for head in (model.decode_head, model.auxiliary_head):
    head.update(num_classes=len(_base_.classes), ignore_index=_base_.unlabelled)
train_dataloader = dict(batch_size=4, sampler=dict(type='InfiniteSampler'))
auto_scale_lr = dict(enable=False, base_batch_size=16)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
