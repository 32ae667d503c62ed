_base_ = './setsim_r50_200e_in1k_authors.py'

# Differences of the authors' training script from the run of the tables:
# no nearest neighbours, one direction, half precision, batch 512.
model = dict(symmetric=False, matcher=dict(nearest_neighbor=False))

train_dataloader = dict(batch_size=64)  # 512 on 8 GPUs
# --lr 0.06, which their program multiplies by 512 / 256.
optim_wrapper = dict(
    type='AmpOptimWrapper', loss_scale='dynamic', optimizer=dict(lr=0.12)
)
auto_scale_lr = dict(base_batch_size=512)
