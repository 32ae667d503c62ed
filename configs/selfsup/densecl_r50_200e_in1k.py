_base_ = [
    './_base_/models/densecl_r50.py',
    './_base_/datasets/imagenet_mocov2_views.py',
    './_base_/schedules/sgd_cosine_200e.py',
    './_base_/default_runtime.py',
]
