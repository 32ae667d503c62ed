# Table 5. 4 GPUs with 4 images each; 80k iterations on train (20,210 images).
_base_ = ['mmseg::fcn/fcn_r50-d8_4xb4-80k_ade20k-512x512.py', '../_base_/transfer.py']
task = 'ade20k'

model = _base_.trained_fcn
auto_scale_lr = dict(enable=False, base_batch_size=16)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
