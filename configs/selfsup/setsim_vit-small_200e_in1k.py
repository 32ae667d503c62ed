_base_ = [
    './_base_/models/setsim_vit-small.py',
    './_base_/datasets/imagenet_mocov2_views.py',
    './_base_/schedules/adamw_cosine_200e.py',
    './_base_/default_runtime.py',
]

# The positional embedding is frozen only after DistributedDataParallel registered it as
# a parameter with gradient.
find_unused_parameters = True
