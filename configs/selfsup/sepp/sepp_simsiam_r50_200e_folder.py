# SePP-ID (arXiv:2306.16122) on SimSiam: any folder of images united with semantic
# pairs (docs/semantic_pairs.md).
_base_ = [
    '../_base_/models/simsiam_r50.py',
    '../_base_/datasets/images_folder_mocov2_views.py',
    '../_base_/schedules/simsiam_200e.py',
    '../_base_/simsiam_runtime.py',
]

train_dataloader = dict(
    dataset=dict(type='SemanticPositivePairs', pairs='data/semantic_pairs.csv')
)
