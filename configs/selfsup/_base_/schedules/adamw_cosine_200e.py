# MoCo-v3's optimiser for transformers (arXiv:2104.02057, section 4): AdamW with
# lr 1.5e-4 x batch / 256, weight decay 0.1 and 40 epochs of warm-up, the last two as
# MMSelfSup's mocov3_vit-small config has them too. MoCo-v3 trains 300 epochs in batches
# of 4,096; 200 epochs in batches of 256 are the paper's, for want of its own figures.
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

# lr belongs to 8 GPUs with 32 images each; --auto-scale-lr fits it to other sizes.
auto_scale_lr = dict(base_batch_size=256, enable=False)
