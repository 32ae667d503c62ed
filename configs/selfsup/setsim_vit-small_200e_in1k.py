_base_ = [
    './_base_/models/setsim_vit-small.py',
    './_base_/datasets/imagenet_mocov2_views.py',
    './_base_/schedules/adamw_cosine_200e.py',
    './_base_/default_runtime.py',
]

# The positions are fixed only after DistributedDataParallel has counted them among
# the weights that wait for a gradient.
find_unused_parameters = True
