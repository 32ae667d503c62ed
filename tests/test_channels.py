"""Images with any number of channels, from the files to a step of training."""

import cv2
import numpy as np
import pytest
import tifffile
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from setsim_mm.datasets import (
    ChannelsError,
    LoadChannels,
    UnlabeledImages,
    UnreadableImageError,
    load_channels,
)
from setsim_mm.datasets.channel_statistics import measure_channels
from setsim_mm.host import MODELS
from setsim_mm.utils import UserError
from setsim_mm.utils.inflated_weights import inflate_input_channels

from .bands import write_bands

CONFIG = 'configs/selfsup/setsim_r50_200e_folder_channels.py'


@pytest.fixture(scope='module')
def bands(tmp_path_factory):
    """Return a folder with images of four bands, and their values, 6xHxWx4."""
    folder = tmp_path_factory.mktemp('bands')
    values = np.random.default_rng(0).integers(0, 4000, (6, 48, 56, 4), np.uint16)
    for number, image in enumerate(values):
        write_bands(folder / f'{number}.tif', image)
    return folder, values


@pytest.mark.parametrize('layout', ['bands', 'planes', 'pages', 'npy', 'npy planes'])
@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'float32'])
def test_files_keep_their_values(tmp_path, layout, dtype):
    image = np.random.default_rng(1).uniform(0, 250, (20, 30, 5)).astype(dtype)
    planes = image.transpose(2, 0, 1)
    path = str(tmp_path / ('a.npy' if 'npy' in layout else 'a.tif'))
    if 'npy' in layout:
        np.save(path, image if layout == 'npy' else planes)
    elif layout == 'bands':
        write_bands(path, image)
    else:
        how = dict(planarconfig='separate') if layout == 'planes' else {}
        tifffile.imwrite(path, planes, photometric='minisblack', **how)
    loaded = load_channels(path, channels=5, dtype=dtype)
    assert loaded.dtype == ('uint8' if dtype == 'uint8' else 'float32')
    np.testing.assert_array_equal(loaded, image)


@pytest.mark.parametrize('suffix', ['.png', '.tif'])
@pytest.mark.parametrize('channels', [1, 3, 4])
def test_opencv_files_are_in_rgb_order(tmp_path, suffix, channels):
    image = np.random.default_rng(2).integers(0, 60000, (9, 8, channels), np.uint16)
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    cv2.imwrite(str(tmp_path / f'a{suffix}'), image[..., order])  # LZW in a TIFF file
    loaded = load_channels(str(tmp_path / f'a{suffix}'))
    np.testing.assert_array_equal(loaded, image)


def test_wrong_files_are_named(tmp_path, bands):
    path = str(bands[0] / '0.tif')
    for wrong in (dict(channels=3), dict(channels=4, dtype='uint8')):
        with pytest.raises(ChannelsError, match=r'0\.tif'):
            load_channels(path, **wrong)
    damaged = tmp_path / 'damaged.tif'
    damaged.write_bytes((bands[0] / '0.tif').read_bytes()[:3000])
    holes = tmp_path / 'holes.npy'
    np.save(holes, np.array([[[1.0, np.nan]] * 3] * 3, np.float32))
    for path in (damaged, holes):
        with pytest.raises(UnreadableImageError, match=path.name):
            load_channels(str(path))
    assert load_channels(str(holes), fill=-1).min() == -1


def test_unreadable_images_are_replaced_and_counted(tmp_path, bands):
    write_bands(tmp_path / 'a.tif', bands[1][0])
    (tmp_path / 'b.tif').write_bytes(b'II*\0 not an image')
    images = UnlabeledImages(
        data_root=str(tmp_path),
        pipeline=[LoadChannels(4, 'uint16')],
        max_unreadable_share=0.5,
    )
    torch.manual_seed(0)
    assert images[1]['img_path'].endswith('a.tif')
    assert images.num_unreadable == 1


def test_mean_and_std_are_those_of_all_pixels(bands):
    folder, values = bands
    found = measure_channels(sorted(map(str, folder.iterdir())))
    assert (found.channels, found.dtype, found.num_images) == (4, 'uint16', 6)
    pixels = values.reshape(-1, 4).astype(np.float64)
    np.testing.assert_allclose(found.mean, pixels.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.std, pixels.std(axis=0), rtol=1e-12)


def test_images_with_other_channels_are_not_measured(tmp_path, bands):
    np.save(tmp_path / 'other.npy', bands[1][0, ..., :3])
    with pytest.raises(UserError, match='other'):
        measure_channels([str(bands[0] / '0.tif'), str(tmp_path / 'other.npy')])


@pytest.mark.parametrize('channels', [1, 4, 7])
def test_inflated_weights_respond_equally_to_grey(channels):
    weight = torch.rand(8, 3, 7, 7)
    inflated = inflate_input_channels(weight, channels)
    assert inflated.shape == (8, channels, 7, 7)
    if channels == 1:
        torch.testing.assert_close(inflated[:, 0], weight.sum(dim=1))
    else:
        for channel in range(channels):
            expected = weight[:, channel % 3] * 3 / channels
            torch.testing.assert_close(inflated[:, channel], expected)


@pytest.mark.parametrize(
    'wrong', [{}, dict(mean=[1.0], std=[1.0, 2.0]), dict(mean=[1.0], std=[0.0])]
)
def test_wrong_normalisation_is_refused(wrong):
    with pytest.raises(UserError):
        MODELS.build(dict(type='ChannelsDataPreprocessor', **wrong))


def test_a_step_of_training(bands):
    folder, _ = bands
    cfg = Config.fromfile(CONFIG)
    cfg.merge_from_dict(
        {
            'model.backbone': dict(depth=18, stem_channels=8, base_channels=8),
            'model.neck': dict(in_channels=64, hid_channels=64),
            'model.queue_len': 8,
            'model.data_preprocessor': dict(mean=[2000.0] * 4, std=[1000.0] * 4),
        }
    )
    pipeline = cfg.train_dataloader.dataset.pipeline
    pipeline[1].transforms[0][0].size = 64
    images = UnlabeledImages(data_root=str(folder), pipeline=pipeline)
    samples = [images[0], images[1]]
    views = [
        torch.stack(view) for view in zip(*(s['inputs'] for s in samples), strict=True)
    ]
    assert views[0].shape == (2, 4, 64, 64)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
    batch = dict(inputs=views, data_samples=[s['data_samples'] for s in samples])
    losses = model(*model.data_preprocessor(batch, True), mode='loss')
    assert all(torch.isfinite(v).all() for k, v in losses.items() if 'loss' in k)
    wrong = dict(inputs=[view[:, :3] for view in views], data_samples=[])
    with pytest.raises(UserError, match='3 channels'):
        model.data_preprocessor(wrong)
