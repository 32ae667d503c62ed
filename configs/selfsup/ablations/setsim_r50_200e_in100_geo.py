_base_ = '../setsim_r50_200e_in100.py'

# Table 3, Geo: geometry only, one direction.
model = dict(
    symmetric=False,
    matcher=dict(_delete_=True, type='GeometricMatcher', radius=0.5),
)
