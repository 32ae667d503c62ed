# SePP-ID (arXiv:2306.16122) on SetSim: ImageNet united with semantic pairs
# (docs/semantic_pairs.md).
_base_ = '../setsim_r50_200e_in1k.py'

train_dataloader = dict(
    dataset=dict(type='SemanticPositivePairs', pairs='data/semantic_pairs.csv')
)
