# Which positions correspond, as the paper's best row of Table 3 has it: Set + Geo.
matcher = dict(
    type='UnionMatcher',
    matchers=[
        dict(type='Set2SetMatcher', threshold=0.7),  # Figure 3
        # The authors' run is called geometry0p5; the paper names no radius.
        dict(type='GeometricMatcher', radius=0.5),
    ],
    nearest_neighbor=True,  # Eq. 7
)
