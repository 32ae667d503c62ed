_base_ = './default_runtime.py'

# Keeps the predictors at the initial learning rate (SimSiam, section 4.2). Not among
# the custom hooks, a list that other configs replace as a whole.
default_hooks = dict(fixed_learning_rate=dict(type='FixedLearningRateHook'))

# Every BatchNorm sees the images of all GPUs (paper, section 4).
sync_bn = 'torch'
