_base_ = '../setsim_r50_200e_in100.py'

# Table 2, Set2Set: without nearest neighbours (Set2Set-NN). With geometry and the
# symmetric loss, as all rows of Table 2 (docs/ablations.md).
model = dict(matcher=dict(nearest_neighbor=False))
