"""Images of a copy-detection benchmark, and a data set with one of its views."""

import numpy as np
import pytest

from setsim_mm.datasets import UnlabeledImages
from setsim_mm.datasets.copy_images import CopyImages
from setsim_mm.datasets.one_view import one_view
from setsim_mm.utils import UserError

from .images import noise_image


def write(root, *names):
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        noise_image(number).save(root / name)
    return str(root)


def test_roles_and_identifiers(tmp_path):
    root = write(tmp_path, 'queries/q.jpg', 'references/a/r.png', 'references/r.jpg')
    images = CopyImages(root, pipeline=[dict(type='LoadRGBImage')])
    found = [images[i] for i in range(len(images))]
    assert [(s['role'], s['image_id']) for s in found] == [
        ('query', 'q'),
        ('reference', 'a/r'),
        ('reference', 'r'),
    ]
    assert found[0]['img'].shape == (40, 60, 3)
    write(tmp_path, 'training/t.jpg')
    images = CopyImages(root)
    images.full_init()
    assert images.get_data_info(3)['role'] == 'training'


def test_missing_and_ambiguous_images(tmp_path):
    root = write(tmp_path, 'queries/q.jpg')
    with pytest.raises(UserError, match='references'):
        CopyImages(root).full_init()
    write(tmp_path, 'references/r.jpg', 'references/r.png')
    with pytest.raises(UserError, match=r"same identifier, 'r'"):
        CopyImages(root).full_init()


def test_one_view_alone(tmp_path):
    def fill(value):
        return lambda results: dict(results, img=np.full((2, 2, 3), value, np.uint8))

    root = write(tmp_path, 'a.png')
    views = [[fill(1)], [fill(2)]]
    pipeline = [
        dict(type='LoadRGBImage'),
        dict(type='MultiViewWithBoxes', num_views=[1, 1], transforms=views),
    ]
    dataset = UnlabeledImages(root, pipeline=pipeline)
    assert [view[0, 0, 0] for view in dataset[0]['img']] == [1, 2]
    for view in (0, 1):
        assert [v[0, 0, 0] for v in one_view(dataset, view)[0]['img']] == [view + 1]
    assert [view[0, 0, 0] for view in dataset[0]['img']] == [1, 2]
    with pytest.raises(UserError, match='no view number 3'):
        one_view(dataset, 2)
