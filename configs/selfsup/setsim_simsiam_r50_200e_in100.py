_base_ = [
    './_base_/models/setsim_simsiam_r50.py',
    './_base_/datasets/imagenet100_mocov2_views.py',
    './_base_/schedules/simsiam_200e.py',
    './_base_/simsiam_runtime.py',
]
