_base_ = '../setsim_r50_200e_in100.py'

# Table 2, Set2Set: without the nearest neighbours, which are the row below it. As in
# every row of Table 2, with geometry and the symmetrised loss (docs/ablations.md).
model = dict(matcher=dict(nearest_neighbor=False))
