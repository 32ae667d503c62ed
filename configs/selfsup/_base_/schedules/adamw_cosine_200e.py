# The optimizer of MoCo-v3 for transformers (arXiv:2104.02057): AdamW with lr 1.5e-4 x
# batch / 256, weight decay 0.1 and 40 epochs of warm-up, as in MMSelfSup's config
# mocov3_vit-small-p16_8xb512-amp-coslr-300e_in1k (lr 2.4e-3 for 4,096 images). That
# has 300 epochs; 200 epochs and batches of 256 are those of the SetSim paper.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1.5e-4, weight_decay=0.1),
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=1e-4,
        by_epoch=True,
        begin=0,
        end=40,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        T_max=160,
        by_epoch=True,
        begin=40,
        end=200,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=200)

# lr is for 8 GPUs with 32 images each; --auto-scale-lr scales it to other sizes.
auto_scale_lr = dict(base_batch_size=256, enable=False)
