# The types of setsim_mm and of its host need no prefix (docs/hosts.md).
default_scope = 'setsim_mm'
custom_imports = dict(imports=['setsim_mm'], allow_failed_imports=False)

default_hooks = dict(
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # Every epoch: a killed run loses at most one epoch (docs/reliability.md).
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=3),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
custom_hooks = [
    # checks the run before the first step
    dict(type='PreTrainingCheckHook'),
    # lists unreadable files
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
