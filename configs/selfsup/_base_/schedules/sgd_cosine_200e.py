# The schedule of MoCo-v2, as in the paper (section 4, "Pretraining Setting").
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.03, momentum=0.9, weight_decay=1e-4),
)
param_scheduler = [
    dict(type='CosineAnnealingLR', T_max=200, by_epoch=True, begin=0, end=200)
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=200)

# lr is for 8 GPUs with 32 images each; --auto-scale-lr scales it to other sizes.
auto_scale_lr = dict(base_batch_size=256, enable=False)
