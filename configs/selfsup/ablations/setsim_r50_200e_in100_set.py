_base_ = '../setsim_r50_200e_in100.py'

# Table 3, Set: the sets of Eq. 7, one direction.
model = dict(
    symmetric=False,
    matcher=dict(_delete_=True, type='Set2SetNNMatcher', threshold=0.7),
)
