"""The classes of the data sets with their official numbers.

They equal those of MMDetection 3.3.0 and MMSegmentation 1.2.2, which take seconds to
import. A test compares them.
"""

# VOCdevkit; a label image has 0 for the background and i + 1 for the i-th class.
VOC_CLASSES = (
    'aeroplane',
    'bicycle',
    'bird',
    'boat',
    'bottle',
    'bus',
    'car',
    'cat',
    'chair',
    'cow',
    'diningtable',
    'dog',
    'horse',
    'motorbike',
    'person',
    'pottedplant',
    'sheep',
    'sofa',
    'train',
    'tvmonitor',
)

# instances_val2017.json: the names by super-category, in the order of their ids.
_COCO_GROUPS = {
    'person': 'person',
    'vehicle': 'bicycle,car,motorcycle,airplane,bus,train,truck,boat',
    'outdoor': 'traffic light,fire hydrant,stop sign,parking meter,bench',
    'animal': 'bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe',
    'accessory': 'backpack,umbrella,handbag,tie,suitcase',
    'sports': (
        'frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,'
        'skateboard,surfboard,tennis racket'
    ),
    'kitchen': 'bottle,wine glass,cup,fork,knife,spoon,bowl',
    'food': ('banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake'),
    'furniture': 'chair,couch,potted plant,bed,dining table,toilet',
    'electronic': 'tv,laptop,mouse,remote,keyboard,cell phone',
    'appliance': 'microwave,oven,toaster,sink,refrigerator',
    'indoor': 'book,clock,vase,scissors,teddy bear,hair drier,toothbrush',
}
# Ids between 1 and 90 that no category has.
_COCO_GAPS = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
COCO_SUPERCATEGORIES = {
    name: group for group, names in _COCO_GROUPS.items() for name in names.split(',')
}
COCO_CATEGORIES = dict(
    zip(
        (i for i in range(1, 91) if i not in _COCO_GAPS),
        COCO_SUPERCATEGORIES,
        strict=True,
    )
)

# The only category of the files person_keypoints_*.json.
COCO_PERSON = {1: 'person'}

# cityscapesscripts/helpers/labels.py: id, and train id where the class is evaluated.
CITYSCAPES_IDS = {
    'road': 7,
    'sidewalk': 8,
    'building': 11,
    'wall': 12,
    'fence': 13,
    'pole': 17,
    'traffic light': 19,
    'traffic sign': 20,
    'vegetation': 21,
    'terrain': 22,
    'sky': 23,
    'person': 24,
    'rider': 25,
    'car': 26,
    'truck': 27,
    'bus': 28,
    'train': 31,
    'motorcycle': 32,
    'bicycle': 33,
}
CITYSCAPES_TRAIN_IDS = {name: i for i, name in enumerate(CITYSCAPES_IDS)}
# The classes with instances.
CITYSCAPES_CATEGORIES = {i: name for name, i in CITYSCAPES_IDS.items() if i >= 24}

# SceneParse150; 0 in a label image means none of the classes.
NUM_ADE20K_CLASSES = 150

# The label of pixels that are not evaluated.
IGNORED = 255
