_base_ = [
    './_base_/models/setsim_r50.py',
    './_base_/datasets/coco_mocov2_views.py',
    './_base_/schedules/sgd_cosine_200e.py',
    './_base_/default_runtime.py',
]

# Pre-training on scenes instead of objects, which is not in the SetSim paper. DenseCL
# (arXiv:2011.09157) trains on COCO for 800 epochs with batches of 256 and lr 0.3, not
# 0.03. This project keeps all other values.
optim_wrapper = dict(optimizer=dict(lr=0.3))
param_scheduler = [
    dict(type='CosineAnnealingLR', T_max=800, by_epoch=True, begin=0, end=800)
]
train_cfg = dict(max_epochs=800)
