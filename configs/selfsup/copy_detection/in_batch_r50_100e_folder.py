# The baseline with negatives from the batch only, on any folder of images.
_base_ = [
    './_base_/in_batch_r50.py',
    './_base_/copy_views.py',
    './_base_/schedule_100e.py',
    '../_base_/default_runtime.py',
]
