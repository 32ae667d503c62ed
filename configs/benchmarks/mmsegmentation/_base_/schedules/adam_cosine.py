# Adam, because the features of different backbones differ in scale by far, and one
# rate has to do for all of them.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='Adam', lr=0.01, weight_decay=0)
)
param_scheduler = [
    dict(type='CosineAnnealingLR', by_epoch=True, convert_to_iter_based=True)
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=10, val_interval=10)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
