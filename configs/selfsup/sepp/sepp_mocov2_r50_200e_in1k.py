# SePP-ID (arXiv:2306.16122) on MoCo-v2: ImageNet united with semantic pairs
# (docs/semantic_pairs.md).
_base_ = '../mocov2_r50_200e_in1k.py'

train_dataloader = dict(
    dataset=dict(type='SemanticPositivePairs', pairs='data/semantic_pairs.csv')
)
