# Table 5. 4 GPUs with 2 images each; 40k iterations on train_fine (2,975 images).
_base_ = [
    'mmseg::fcn/fcn_r50-d8_4xb2-40k_cityscapes-769x769.py',
    '../_base_/transfer.py',
]
task = 'cityscapes_seg'

model = _base_.trained_fcn
auto_scale_lr = dict(enable=False, base_batch_size=8)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
