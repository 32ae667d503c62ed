_base_ = [
    './_base_/models/setsim_r50.py',
    './_base_/datasets/coco_mocov2_views.py',
    './_base_/schedules/sgd_cosine_200e.py',
    './_base_/default_runtime.py',
]

# Scenes instead of objects. DenseCL (arXiv:2011.09157) pre-trains on COCO for 800
# epochs in batches of 256 with lr 0.3 in place of 0.03. The SetSim paper does not
# pre-train on COCO: that its other values stay as they are is our choice.
optim_wrapper = dict(optimizer=dict(lr=0.3))
param_scheduler = [
    dict(type='CosineAnnealingLR', T_max=800, by_epoch=True, begin=0, end=800)
]
train_cfg = dict(max_epochs=800)
