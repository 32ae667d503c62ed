_base_ = './setsim_r50_200e_in100_set2set.py'

# Table 2, Sort.
matchers = _base_.model.matcher.matchers
matchers[0].type = 'SortMatcher'
model = dict(matcher=dict(matchers=matchers))
