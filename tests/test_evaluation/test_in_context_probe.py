"""In-context retrieval of whole images that colour alone tells apart."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from setsim_mm.evaluation.in_context_probe import (
    InContextOptions,
    build_memory,
    evaluate_in_context,
)
from setsim_mm.evaluation.label_images import LabelImages, find_label_images
from setsim_mm.utils import UserError
from tests.labelled_images import write_camvid


def colours(images):
    return images.float() - 128


@pytest.fixture
def camvid(tmp_path):
    root = write_camvid(tmp_path / 'camvid')
    return [
        LabelImages(
            find_label_images(root / 'images' / part, root / 'labels' / part),
            size=(96, 128),
            num_classes=11,
            ignored=11,
        )
        for part in ('train', 'val')
    ]


@pytest.fixture
def backbone():
    return nn.AvgPool2d(16)  # 6x8 positions


def test_colours_find_their_labels(camvid, backbone):
    result = evaluate_in_context(backbone, colours, *camvid)
    # Positions without a label are interpolated into their neighbours.
    assert 99 < result.miou < 100
    assert result.iou.isnan().sum() == 9
    # 7 of 8 columns are labelled.
    assert (len(result.memory), result.num_images) == (4 * 6 * 7, 4)


def test_ignored_pixels_can_be_class_0(camvid, backbone):
    options = InContextOptions(ignored_is_class_0=True)
    memory = build_memory(backbone, colours, camvid[0], options)
    assert len(memory) == 4 * 6 * 8
    last_column = memory.places[:, 1] % 8 == 7
    assert memory.labels[last_column, 0].eq(1).all()


def test_memory_holds_features_of_its_places(camvid, backbone):
    memory = build_memory(backbone, colours, camvid[0])
    torch.testing.assert_close(memory.features.norm(dim=1), torch.ones(len(memory)))
    image, position = memory.places[50].tolist()
    _, pixels, _ = camvid[0][image]
    maps = backbone(colours(pixels[None]))
    expected = F.normalize(maps.flatten(2)[0, :, position], dim=0)
    torch.testing.assert_close(memory.features[50], expected)


def test_bounded_memory_takes_as_many_of_each_image(camvid, backbone):
    options = InContextOptions(memory_size=23)
    memory = build_memory(backbone, colours, camvid[0], options)
    assert memory.places[:, 0].bincount().tolist() == [5, 5, 5, 5]
    assert (memory.places[:, 1] % 8 != 7).all()  # only labelled positions


@pytest.mark.parametrize('memory_size', [None, 40])
def test_order_of_images_changes_nothing(camvid, backbone, memory_size):
    options = InContextOptions(memory_size=memory_size, k=3)
    expected = evaluate_in_context(backbone, colours, *camvid, options)
    for images in camvid:
        images.samples = images.samples[::-1]
    found = evaluate_in_context(backbone, colours, *camvid, options)
    assert found.miou == pytest.approx(expected.miou)
    assert len(found.memory) == len(expected.memory)


def test_a_memory_without_room(camvid, backbone):
    options = InContextOptions(memory_size=3)
    with pytest.raises(UserError, match=r'3 features .* 4 '):
        build_memory(backbone, colours, camvid[0], options)


def test_more_neighbours_than_positions(camvid, backbone):
    options = InContextOptions(k=999)
    with pytest.raises(UserError, match=r'999 .* 168 '):
        evaluate_in_context(backbone, colours, *camvid, options)
