"""Several views, and packing of their boxes."""

import numpy as np
import pytest
import torch
from mmengine.registry import DATASETS, TRANSFORMS, Registry

from setsim_mm import datasets
from setsim_mm.datasets import WHOLE_IMAGE, MultiViewWithBoxes
from setsim_mm.registry import TRANSFORMS as HOST_TRANSFORMS

from ..images import noise_image

LARGE = [
    dict(type='RandomResizedCropWithBox', size=32),
    dict(type='RandomHorizontalFlipWithBox', prob=0.5),
]
SMALL = [dict(type='RandomResizedCropWithBox', size=(16, 24), scale=(0.05, 0.2))]


def results() -> dict:
    return dict(img=np.array(noise_image(0)), box=WHOLE_IMAGE, img_path='a.jpg')


@pytest.mark.parametrize('num_views', [1, 2, 5])
def test_any_number_of_views(num_views: int) -> None:
    views = MultiViewWithBoxes([LARGE], num_views)(results())
    assert len(views['img']) == num_views
    assert views['view_boxes'].shape == (num_views, 4)
    assert len(np.unique(views['view_boxes'], axis=0)) == num_views


def test_several_pipelines() -> None:
    """Each view has its own box."""
    torch.manual_seed(3)
    views = MultiViewWithBoxes([LARGE, SMALL], [2, 3])(results())
    shapes = [image.shape for image in views['img']]
    assert shapes == [(32, 32, 3)] * 2 + [(16, 24, 3)] * 3
    assert all(type(i) is np.ndarray and i.dtype == np.uint8 for i in views['img'])
    assert views['view_boxes'].dtype == np.float32
    torch.manual_seed(3)
    for number, pipeline in enumerate([LARGE, LARGE, SMALL, SMALL, SMALL]):
        one = results()
        for transform in pipeline:
            one = HOST_TRANSFORMS.build(transform)(one)
        assert np.array_equal(views['img'][number], one['img'])
        assert np.array_equal(views['view_boxes'][number], np.float32(one['box']))


def test_the_original_image_does_not_change() -> None:
    given = results()
    image, before = given['img'], np.array(given['img'])
    whole = [dict(type='RandomHorizontalFlipWithBox', prob=0.0)]
    views = MultiViewWithBoxes([LARGE, whole], [4, 2])(given)['img']
    assert np.array_equal(image, before)
    for number, view in enumerate(views):
        assert not any(np.shares_memory(view, o) for o in (image, *views[:number]))


def test_views_with_negative_strides() -> None:
    """mmcv's flips return a view of the input array."""

    def flip(results: dict) -> dict:
        return dict(results, img=results['img'][:, ::-1])

    given = results()
    (view,) = MultiViewWithBoxes([[flip]], 1)(given)['img']
    assert np.array_equal(view, np.array(noise_image(0))[:, ::-1])


def test_packing() -> None:
    views = MultiViewWithBoxes([LARGE, SMALL], [2, 1])(results())
    boxes = views['view_boxes'].copy()
    pixels = list(views['img'])
    packed = HOST_TRANSFORMS.get('PackSelfSupInputs')(
        meta_keys=['img_path', 'view_boxes']
    )(views)
    assert [tuple(i.shape) for i in packed['inputs']] == [
        (3, 32, 32),
        (3, 32, 32),
        (3, 16, 24),
    ]
    for image, view in zip(packed['inputs'], pixels, strict=True):
        assert np.array_equal(image.permute(1, 2, 0), view)
        assert image.is_contiguous()
        # Packing did not have to copy.
        assert image.data_ptr() == view.ctypes.data
    metainfo = packed['data_samples'].metainfo
    assert metainfo['img_path'] == 'a.jpg'
    assert metainfo['view_boxes'].dtype == np.float32
    assert np.array_equal(metainfo['view_boxes'], boxes)


@pytest.mark.parametrize('num_views', [[1, 2], [], 0, [-1]])
def test_wrong_number_of_views(num_views: int | list[int]) -> None:
    with pytest.raises(ValueError, match='num_views'):
        MultiViewWithBoxes([LARGE], num_views)


def test_names_do_not_collide() -> None:
    """No type has the name of one of another OpenMMLab package."""

    def registries(registry: Registry) -> list[Registry]:
        children = registry.children.values()
        return [registry, *(r for child in children for r in registries(child))]

    for root in (TRANSFORMS, DATASETS):
        ours, others, offered = set(), set(), set()
        for registry in registries(root):
            for name, cls in registry.module_dict.items():
                (ours if cls.__module__.startswith('setsim_mm') else others).add(name)
                if cls.__module__.startswith('setsim_mm.datasets'):
                    offered.add(name)
        assert offered and not ours & others
        # Those of former versions stay, for the configs that have them.
        former = {name for name in offered if name.startswith('PIL')}
        assert offered - former <= set(datasets.__all__)
