# Your own boxes in VOC's XML format (docs/own_data.md): the Raccoon data set
# (github.com/datitran/raccoon_dataset), 200 photographs and one class.
#
# data/raccoon/
#   images/*.jpg  annotations/*.xml  train.txt  val.txt
_base_ = '../mmdetection/voc0712/faster-rcnn_r50-c4_24k_voc0712.py'
task = None  # no check of the files of VOC

model = dict(roi_head=dict(bbox_head=dict(num_classes=1)))

raccoon = dict(
    type='VOCDataset',
    data_root='data/raccoon/',
    metainfo=dict(classes=('raccoon',), palette=[(220, 20, 60)]),
    img_subdir='images',
    ann_subdir='annotations',
    data_prefix=dict(sub_data_root=''),
)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        **raccoon,
        ann_file='train.txt',
        filter_cfg=dict(filter_empty_gt=True),
        pipeline=_base_.train_dataloader.dataset.datasets[0].pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        **raccoon,
        ann_file='val.txt',
        test_mode=True,
        pipeline=_base_.test_pipeline,
    )
)
test_dataloader = val_dataloader
