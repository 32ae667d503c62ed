_base_ = '../setsim_r50_200e_in100.py'

# Table 3, Set + Geo: one direction.
model = dict(symmetric=False)
