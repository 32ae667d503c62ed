_base_ = './setsim_r50_200e_in100_set2set.py'

# Table 2, Random.
matchers = _base_.model.matcher.matchers
matchers[0].type = 'RandomMatcher'
model = dict(matcher=dict(matchers=matchers))
