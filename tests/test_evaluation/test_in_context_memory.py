"""The memory of in-context retrieval: which positions, with which labels."""

import zlib
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from setsim_mm.evaluation.in_context_memory import InContextOptions, build_memory
from setsim_mm.evaluation.label_format import IGNORED
from setsim_mm.utils import UserError
from tests.labelled_images import camvid_images, colours, write_camvid


@pytest.fixture
def images(tmp_path):
    return camvid_images(write_camvid(tmp_path / 'camvid'), 'train')


@pytest.fixture
def backbone():
    return nn.AvgPool2d(16)  # 6x8 positions


def test_ignored_pixels_can_be_class_0(images, backbone):
    options = InContextOptions(ignored_is_class_0=True)
    memory = build_memory(backbone, colours, images, options)
    assert len(memory) == 4 * 6 * 8
    last_column = memory.places[:, 1] % 8 == 7
    assert memory.labels[last_column, 0].eq(1).all()


def test_holds_features_of_its_places(images, backbone):
    memory = build_memory(backbone, colours, images)
    torch.testing.assert_close(memory.features.norm(dim=1), torch.ones(len(memory)))
    image, position = memory.places[50].tolist()
    _, pixels, _ = images[image]
    maps = backbone(colours(pixels[None]))
    expected = F.normalize(maps.flatten(2)[0, :, position], dim=0)
    torch.testing.assert_close(memory.features[50], expected)


def test_bounded_memory_takes_as_many_of_each_image(images, backbone):
    options = InContextOptions(memory_size=23)
    memory = build_memory(backbone, colours, images, options)
    assert memory.places[:, 0].bincount().tolist() == [5, 5, 5, 5]
    assert (memory.places[:, 1] % 8 != 7).all()  # only labelled positions


def test_bounded_memory_follows_its_definition(images, backbone):
    memory = build_memory(backbone, colours, images, InContextOptions(20, seed=7))
    for index, (path, _) in enumerate(images.samples):
        label = images.label(index)
        patches = [
            set(label[16 * r : 16 * r + 16, 16 * c : 16 * c + 16].unique().tolist())
            for r in range(6)
            for c in range(8)
        ]
        seed = zlib.crc32(f'7 {Path(path).name}'.encode())
        noise = torch.rand(48, generator=torch.Generator().manual_seed(seed)).tolist()
        scores = {
            place: u * sum(sum(c in p for p in patches) for c in patch - {IGNORED})
            for place, (patch, u) in enumerate(zip(patches, noise, strict=True))
            if patch != {IGNORED}
        }
        chosen = memory.places[memory.places[:, 0] == index, 1].tolist()
        assert chosen == sorted(scores, key=scores.get)[:5]


def test_bounded_memory_does_not_depend_on_the_order(images, backbone):
    options = InContextOptions(memory_size=20)
    expected = build_memory(backbone, colours, images, options)
    images.samples = images.samples[::-1]
    found = build_memory(backbone, colours, images, options)
    backwards = found.places * torch.tensor([-1, 1]) + torch.tensor([3, 0])
    assert {*map(tuple, backwards.tolist())} == {*map(tuple, expected.places.tolist())}


def test_bounded_memory_differs_between_seeds(images, backbone):
    first, second = (
        build_memory(backbone, colours, images, InContextOptions(20, seed=seed))
        for seed in (0, 1)
    )
    assert not torch.equal(first.places, second.places)


def test_without_room_for_each_image(images, backbone):
    options = InContextOptions(memory_size=3)
    with pytest.raises(UserError, match=r'3 features .* 4 '):
        build_memory(backbone, colours, images, options)


def test_one_class_only(images, backbone):
    images.format = type(images.format)(11, ignored=11, label_map={3: 0})
    with pytest.raises(UserError, match='class 0 only'):
        build_memory(backbone, colours, images)


@pytest.mark.parametrize('wrong', [dict(temperature=0.0), dict(search='nowhere')])
def test_options_out_of_range(wrong):
    with pytest.raises(UserError, match=str(*wrong.values())):
        InContextOptions(**wrong)
