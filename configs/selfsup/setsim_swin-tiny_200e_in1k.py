_base_ = [
    './_base_/models/setsim_swin-tiny.py',
    './_base_/datasets/imagenet_mocov2_views.py',
    './_base_/schedules/adamw_cosine_200e.py',
    './_base_/default_runtime.py',
]
