_base_ = '../setsim_r50_200e_in100.py'

# Figure 3, δ = 0.1.
matchers = _base_.model.matcher.matchers
matchers[0].threshold = 0.1
model = dict(matcher=dict(matchers=matchers))
