_base_ = './default_runtime.py'

custom_hooks = [
    *_base_.custom_hooks,
    # keeps the predictors at the initial learning rate (SimSiam, section 4.2)
    dict(type='FixedLearningRateHook'),
]

# Every BatchNorm sees the images of all GPUs (paper, section 4).
sync_bn = 'torch'
