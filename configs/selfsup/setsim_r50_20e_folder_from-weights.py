# Continue the training of a ResNet-50 on a folder of images:
#   python tools/train.py configs/selfsup/setsim_r50_20e_folder_from-weights.py \
#       --from-weights checkpoint_0199.pth.tar \
#       --cfg-options train_dataloader.dataset.data_root=/any/folder
# Not in the paper. Epochs, learning rate and warm-up are chosen by this project and not
# tuned.
_base_ = './setsim_r50_200e_folder.py'

# A third of MoCo-v2's learning rate. The warm-up protects the backbone from the large
# initial gradients of the new projectors.
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
