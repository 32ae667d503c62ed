# Any folder of images:
#   IMAGES=/any/folder tools/dist_train.sh \
#       configs/selfsup/copy_detection/qk_r50_100e_folder.py 8
# The bank takes 512 bytes for each image on each GPU: 512 MiB for 2^20 images.
_base_ = [
    './_base_/qk_r50.py',
    './_base_/copy_views.py',
    './_base_/schedule_100e.py',
    '../_base_/default_runtime.py',
]

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='QKPhaseHook', length=1, batch_size=128, num_workers=8),
]
