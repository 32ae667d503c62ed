_base_ = './setsim_r50.py'

model = dict(backbone=dict(depth=101))
