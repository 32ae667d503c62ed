# Go on with a ResNet-50 that is trained already, on a folder of one's own photographs:
#   python tools/train.py configs/selfsup/setsim_r50_20e_folder_from-weights.py \
#       --from-weights checkpoint_0199.pth.tar \
#       --cfg-options train_dataloader.dataset.data_root=/any/folder
# The paper does not do this. Epochs, learning rate and warm-up are this project's
# choice, and nobody has tuned them.
_base_ = './setsim_r50_200e_folder.py'

# A third of MoCo-v2's rate. The warm-up protects the backbone from the gradients of the
# new projectors, which are large at first.
optim_wrapper = dict(optimizer=dict(lr=0.01))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        by_epoch=True,
        begin=0,
        end=1,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        T_max=19,
        by_epoch=True,
        begin=1,
        end=20,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(max_epochs=20)
