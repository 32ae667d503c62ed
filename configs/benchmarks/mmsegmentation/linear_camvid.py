_base_ = [
    './_base_/models/linear_probe.py',
    './_base_/datasets/camvid.py',
    './_base_/schedules/sgd_cosine.py',
    './_base_/default_runtime.py',
]

model = dict(
    data_preprocessor=dict(size_divisor=1, seg_pad_val=_base_.unlabelled),
    decode_head=dict(num_classes=len(_base_.classes), ignore_index=_base_.unlabelled),
)
