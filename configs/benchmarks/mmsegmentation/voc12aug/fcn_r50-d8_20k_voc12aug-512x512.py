# Table 5. 4 GPUs with 4 images each; 20k iterations on train_aug2012 (10,582 images).
_base_ = ['mmseg::fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py', '../_base_/transfer.py']
task = 'voc_seg'

model = _base_.trained_fcn
auto_scale_lr = dict(enable=False, base_batch_size=16)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
