# The small setting of docs/study.md: about an hour per run on one CPU core.
#   python tools/reproduce/ablate.py study --seeds 0 1 2 --gpus 0 \
#       --only MoCo-v2 DenseCL SetSim \
#       --merge configs/selfsup/_base_/scales/study_cpu.py \
#       --cfg-options train_dataloader.dataset.data_root=data/imagenette_split/train
_base_ = './miniature_r18.py'

model = dict(
    backbone=dict(stem_channels=16, base_channels=16),  # a quarter of a ResNet-18
    neck=dict(in_channels=128, hid_channels=128),
)
train_dataloader = dict(
    num_workers=0,
    # 96 px have 6x6 positions; the blur is scaled with the views.
    dataset=dict(
        pipeline={
            '1': dict(transforms={'0': {'0': dict(size=96), '3': dict(sigma_max=1.0)}})
        }
    ),
)
train_cfg = dict(max_epochs=50)  # 112 steps of 64 of the 7,200 photographs each
