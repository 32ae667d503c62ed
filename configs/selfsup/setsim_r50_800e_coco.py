_base_ = [
    './_base_/models/setsim_r50.py',
    './_base_/datasets/coco_mocov2_views.py',
    './_base_/schedules/sgd_cosine_200e.py',
    './_base_/default_runtime.py',
]

# Scenes instead of objects. DenseCL (arXiv:2011.09157, section 4.1) pre-trains on COCO
# for 800 epochs in batches of 256 with lr 0.3, which served MoCo-v2 better there than
# 0.03. The SetSim paper does not train on COCO: its other values are kept.
optim_wrapper = dict(optimizer=dict(lr=0.3))
param_scheduler = [
    dict(type='CosineAnnealingLR', T_max=800, by_epoch=True, begin=0, end=800)
]
train_cfg = dict(max_epochs=800)
