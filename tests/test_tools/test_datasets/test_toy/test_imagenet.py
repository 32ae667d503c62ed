from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from setsim_mm.hosts.choice import is_host
from setsim_mm.registry import DATASETS
from toy.imagenet import CLASS_OF_KIND, imagenet_scenes

CLASSIFICATION = 'mmcls' if is_host('mmselfsup') else 'mmpretrain'
IMAGENET_CATEGORIES = import_module(
    f'{CLASSIFICATION}.datasets.categories'
).IMAGENET_CATEGORIES
CONFIGS = Path(__file__).resolve().parents[4] / 'configs/selfsup/_base_/datasets'


@pytest.fixture(scope='module')
def scenes(toy_data):
    """The scenes of each part by file name; six classes."""
    numbers = dict(train=toy_data.num_train, val=toy_data.num_val)
    return {
        part: imagenet_scenes(part, 6 * number, toy_data.seed)
        for part, number in numbers.items()
    }


@pytest.mark.parametrize('part', ['train', 'val'])
@pytest.mark.parametrize('name', ['mmcls.ImageNet', 'ImageList'])
def test_images_and_classes_are_read(toy_data, scenes, name, part):
    dataset_class = DATASETS.get(name)
    if dataset_class is None:
        pytest.skip(f'the host has no {name}')
    dataset = dataset_class(
        data_root=str(toy_data.root / 'imagenet'),
        ann_file=f'meta/{part}.txt',
        data_prefix=part,
    )
    assert len(dataset) == len(scenes[part])
    for i, (name, scene) in enumerate(scenes[part].items()):
        info = dataset.get_data_info(i)
        assert info['img_path'].endswith(f'imagenet/{part}/{name}')
        folder, label = CLASS_OF_KIND[scene.objects[0].kind]
        assert Path(name).parent.name == folder
        assert info['gt_label'] == label


def test_labels_are_those_of_the_thousand_classes():
    names = {kind: IMAGENET_CATEGORIES[i] for kind, (_, i) in CLASS_OF_KIND.items()}
    assert [name.split(',')[0] for name in names.values()] == [
        'groom',
        'sports car',
        'minibus',
        'bullet train',
        'moped',
        'mountain bike',
    ]
    # ImageNet numbers its classes in the order of the folders' names.
    folders = sorted(CLASS_OF_KIND.values())
    assert folders == sorted(CLASS_OF_KIND.values(), key=lambda pair: pair[1])


def test_pre_training_reads_them(toy_data, scenes):
    config = Config.fromfile(CONFIGS / 'imagenet_mocov2_views.py')
    dataset = config.train_dataloader.dataset
    dataset.data_root = str(toy_data.root / 'imagenet')
    dataset = DATASETS.build(dataset)
    assert len(dataset) == len(scenes['train'])
    assert [view.shape for view in dataset[0]['inputs']] == [(3, 224, 224)] * 2


def test_the_pictures_show_their_class(toy_data, scenes):
    kinds = [scene.objects[0].kind for scene in scenes['val'].values()]
    assert sorted(kinds) == sorted(list(CLASS_OF_KIND) * toy_data.num_val)
    for scene in scenes['val'].values():
        assert len(scene.objects) == 1 and not scene.objects[0].crowd
        assert np.mean(scene.objects[0].mask) > 0.05
