# The matcher of the paper's best row in Table 3: Set + Geo.
matcher = dict(
    type='UnionMatcher',
    matchers=[
        dict(type='Set2SetMatcher', threshold=0.7),  # Figure 3
        # From the name of the authors' run, geometry0p5; the paper has no value.
        dict(type='GeometricMatcher', radius=0.5),
    ],
    nearest_neighbor=True,  # Eq. 7
)
