_base_ = [
    './_base_/models/linear_probe.py',
    './_base_/datasets/voc12.py',
    './_base_/schedules/sgd_cosine.py',
    './_base_/default_runtime.py',
]

model = dict(
    data_preprocessor=dict(size=_base_.crop_size, seg_pad_val=_base_.void),
    decode_head=dict(num_classes=21, ignore_index=_base_.void),
)
