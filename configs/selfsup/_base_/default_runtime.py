# Everything of setsim_mm is registered with mmselfsup, so no type needs a prefix.
default_scope = 'mmselfsup'
custom_imports = dict(imports=['setsim_mm'], allow_failed_imports=False)

default_hooks = dict(
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # Each epoch: what a kill can cost is one epoch (docs/reliability.md).
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=3),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
custom_hooks = [
    # refuses what would fail or mislead later, before the first step
    dict(type='PreTrainingCheckHook'),
    # counts the files that were skipped
    dict(type='UnreadableImagesHook'),
]

env_cfg = dict(
    cudnn_benchmark=True,  # every batch has the same shape
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(
    type='SelfSupVisualizer', vis_backends=vis_backends, name='visualizer'
)

log_level = 'INFO'
load_from = None
resume = False
