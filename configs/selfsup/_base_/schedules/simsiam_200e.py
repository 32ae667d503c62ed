_base_ = './sgd_cosine_200e.py'

# Differences from MoCo-v2 (section 4, "Pretraining Setting"): a higher learning rate,
# constant for the predictors (FixedLearningRateHook).
optim_wrapper = dict(
    optimizer=dict(lr=0.1),
    paramwise_cfg=dict(custom_keys={'predictor': dict(fix_lr=True)}),
)
