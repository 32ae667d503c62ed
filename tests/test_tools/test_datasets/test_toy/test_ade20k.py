import numpy as np
import pytest

from setsim_mm.transfer.layouts.class_names import NUM_ADE20K_CLASSES
from toy.ade20k import ade20k_scenes

from .base_configs import base_config, build

# MMSegmentation's names of the kinds.
CLASSES = {
    'person': 'person',
    'car': 'car',
    'bus': 'bus',
    'train': 'van',
    'motorcycle': 'minibike',
    'bicycle': 'bicycle',
}


@pytest.fixture(scope='module')
def config(toy_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp('config')
    return base_config('mmseg::_base_/datasets/ade20k.py', toy_data.root, folder)


def test_mmsegmentation_reads_the_masks(config, toy_data):
    dataset = build('mmseg', config.val_dataloader.dataset)
    classes = dataset.metainfo['classes']
    assert len(classes) == NUM_ADE20K_CLASSES
    scenes = ade20k_scenes('validation', toy_data.num_val, toy_data.seed)
    for sample, scene in zip(dataset, scenes, strict=True):
        expected = np.full(scene.image.shape[:2], 255)  # no class
        for surface in ('sky', 'building', 'road'):
            top, bottom = scene.bands[surface]
            expected[top:bottom] = classes.index(surface)
        for item in scene.objects:
            expected[item.mask] = classes.index(CLASSES[item.kind])
        labels = sample['data_samples'].gt_sem_seg.data[0].numpy()
        np.testing.assert_array_equal(labels, expected)
        assert (labels == 255).any()


def test_mmsegmentation_trains_on_every_image(config, toy_data):
    dataset = build('mmseg', config.train_dataloader.dataset)
    assert len(dataset) == toy_data.num_train
    shown = {'sky', 'building', 'road', *CLASSES.values()}
    classes = dataset.metainfo['classes']
    labels = set(dataset[0]['data_samples'].gt_sem_seg.data.unique().tolist())
    assert labels - {255} and labels <= {classes.index(name) for name in shown} | {255}
