# Linear evaluation on a folder with train/<class>/ and val/<class>/. Set num_classes to
# the number of classes.
_base_ = './linear_r50_100e_in1k.py'

model = dict(head=dict(num_classes=10, topk=(1,)))
train_dataloader = dict(dataset=dict(data_root='data/images'))
val_dataloader = dict(dataset=dict(data_root='data/images'))
test_dataloader = dict(dataset=dict(data_root='data/images'))
val_evaluator = dict(topk=(1,))
test_evaluator = dict(topk=(1,))
