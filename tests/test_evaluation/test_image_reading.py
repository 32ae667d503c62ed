"""Images of an evaluation, loaded and normalised as in pre-training."""

import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image
from torchvision.transforms import functional as transforms

from setsim_mm.datasets import LoadChannels, LoadRGBImage
from setsim_mm.evaluation import build_data_preprocessor, image_inputs
from setsim_mm.evaluation.class_folders import LabeledImages
from setsim_mm.evaluation.image_reading import require_rgb
from setsim_mm.evaluation.label_images import LabelImages
from setsim_mm.utils import UserError
from tests.bands import MEAN, STD, bands_config

IMAGES = torch.randint(256, (2, 3, 4, 4), dtype=torch.uint8)
RGB = dict(mean=(1, 2, 3), std=(4, 5, 6))


def inputs_of(cfg: Config):
    return image_inputs(cfg, build_data_preprocessor(cfg))


@pytest.mark.parametrize('beside', [False, True], ids=['in the model', 'beside it'])
def test_rgb_images_are_normalised_as_in_pre_training(beside):
    preprocessor = dict(RGB, bgr_to_rgb=True)
    cfg = Config(
        dict(model=dict(), data_preprocessor=preprocessor)
        if beside
        else dict(model=dict(data_preprocessor=preprocessor))
    )
    # The images are RGB already, which mmselfsup's loader and the exchange make.
    expected = torch.stack(
        [(IMAGES[:, c].float() - (1 + c)) / (4 + c) for c in range(3)], dim=1
    )
    torch.testing.assert_close(inputs_of(cfg)(IMAGES), expected)


def test_no_normalisation_where_pre_training_had_none():
    inputs = inputs_of(Config(dict(model={})))
    assert torch.equal(inputs(IMAGES), IMAGES.float())


def test_four_bands_are_those_of_the_training():
    inputs = inputs_of(bands_config())
    assert (inputs.load.channels, inputs.load.dtype) == (4, 'uint16')
    images = torch.arange(8.0).view(2, 4, 1, 1) * 1000
    mean, std = (torch.tensor(values).view(4, 1, 1) for values in (MEAN, STD))
    expected = (images - mean) / std
    torch.testing.assert_close(inputs(images), expected)


def test_channels_that_do_not_fit():
    cfg = bands_config()
    cfg.train_dataloader.dataset.pipeline[0] = dict(type='LoadRGBImage')
    with pytest.raises(UserError, match=r'3 channels.* 4 entries'):
        inputs_of(cfg)
    with pytest.raises(UserError, match=r'3 channels.* config 4'):
        inputs_of(bands_config())(IMAGES)
    with pytest.raises(UserError, match=r'copy detection .*\(4 channels'):
        require_rgb(inputs_of(bands_config()).load, 'copy detection')


def test_a_jpeg_file_is_loaded_at_full_size_for_rgb():
    load = dict(type='LoadRGBImage', min_pixels=100)
    cfg = Config(dict(model={}, train_dataloader=dict(dataset=dict(pipeline=[load]))))
    assert inputs_of(cfg).load.min_pixels is None


@pytest.fixture
def rgb(tmp_path):
    """Return an RGB file, its pixels and its label file."""
    pixels = np.random.default_rng(0).integers(0, 256, (45, 70, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / 'a.png')
    Image.new('L', (70, 45)).save(tmp_path / 'label.png')
    return str(tmp_path / 'a.png'), pixels, str(tmp_path / 'label.png')


@pytest.mark.parametrize('load', [LoadRGBImage(), LoadChannels(3, 'uint8')])
def test_rgb_images_are_resized_as_torchvision_resizes_them(rgb, load):
    path, pixels, label = rgb
    image = Image.fromarray(pixels)
    _, dense, _ = LabelImages([(path, label)], (32, 48), 2, load=load)[0]
    expected = transforms.pil_to_tensor(transforms.resize(image, [32, 48]))
    assert torch.equal(dense, expected)
    _, cropped = LabeledImages([(path, 0)], 28, load)[0]
    crop = transforms.center_crop(transforms.resize(image, 32), [28, 28])
    assert torch.equal(cropped, transforms.pil_to_tensor(crop))


@pytest.mark.parametrize('number', [1, 3, 4])
def test_16_bits_keep_their_range(rgb, tmp_path, number):
    """Each channel is resized like an 8-bit one, but its numbers are not rounded."""
    _, pixels, label = rgb
    bands = np.concatenate([pixels, pixels], axis=2)[..., :number]
    np.save(tmp_path / '8.npy', bands)
    np.save(tmp_path / '16.npy', bands.astype(np.uint16) * 257)
    eight = LoadChannels(number, 'uint8')
    sixteen = LoadChannels(number, 'uint16')
    (_, small, _), (_, large, _) = (
        LabelImages([(str(tmp_path / file), label)], (32, 48), 2, load=load)[0]
        for file, load in (('8.npy', eight), ('16.npy', sixteen))
    )
    assert (small.dtype, large.dtype) == (torch.uint8, torch.float32)
    assert small.shape == large.shape == (number, 32, 48)
    assert (large / 257 - small).abs().max() <= 1  # PIL rounds twice
    assert not torch.equal(large, large.round())
