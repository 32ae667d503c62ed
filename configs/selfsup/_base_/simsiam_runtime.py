_base_ = './default_runtime.py'

# Keeps the predictors at the initial learning rate (SimSiam, section 4.2). A default
# hook, since other configs replace the list of custom hooks.
default_hooks = dict(fixed_learning_rate=dict(type='FixedLearningRateHook'))

# BatchNorm statistics over the images of all GPUs (paper, section 4).
sync_bn = 'torch'
