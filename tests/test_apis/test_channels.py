"""Pre-training on images with N channels in one call, its pictures and its errors."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import setsim_mm
from setsim_mm.apis import cut_views, init_model, match, show
from setsim_mm.apis.channels import Channels
from setsim_mm.apis.machine import Machine
from setsim_mm.apis.plan import make_plan
from setsim_mm.apis.plan_config import config_of
from setsim_mm.datasets import ChannelsError
from setsim_mm.utils import UserError
from setsim_mm.utils.inflated_weights import inflate_input_channels
from setsim_mm.visualization.bands import shown_bands
from tests.bands import write_bands

from .test_pretraining import TINY

OPTIONS = {
    **TINY,
    'optim_wrapper.optimizer.lr': 0.0,  # the weights stay those that it starts from
    'custom_hooks.2.num_images': 4,
}


@pytest.fixture(scope='module')
def bands(tmp_path_factory):
    """Return a folder with 16 images of four bands, and their values."""
    folder = tmp_path_factory.mktemp('bands')
    values = np.random.default_rng(0).integers(0, 4000, (16, 40, 44, 4), np.uint16)
    for number, image in enumerate(values):
        write_bands(folder / f'{number:02}.tif', image)
    return folder, values


@pytest.fixture(scope='module')
def rgb_weights(tmp_path_factory):
    """Return a file with the weights of the tiny backbone for RGB."""
    plan = make_plan(16, Machine(1), epochs=1)
    model = init_model(config_of(plan, 'images', 'out', TINY))
    path = tmp_path_factory.mktemp('weights') / 'rgb.pth'
    torch.save(model.backbone.state_dict(), path)
    return path


def test_four_bands_from_rgb_weights_and_the_same_call_again(
    bands, rgb_weights, tmp_path, capsys
):
    images, values = Path(shutil.copytree(bands[0], tmp_path / 'images')), bands[1]
    out = tmp_path / 'out'
    call = dict(
        data=images, out=out, channels=4, epochs=2, from_weights=rgb_weights,
        cfg_options=OPTIONS,
    )  # fmt: skip
    results = setsim_mm.pretrain(**call)

    output = capsys.readouterr().out
    assert 'converted from RGB to 4 channels' in output
    assert 'epoch 2 of 2: loss' in output
    plan = json.loads((out / 'plan.json').read_text())['channels']
    pixels = values.reshape(-1, 4).astype(np.float64)
    np.testing.assert_allclose(plan['mean'], pixels.mean(axis=0))
    np.testing.assert_allclose(plan['std'], pixels.std(axis=0))
    assert (plan['number'], plan['dtype'], plan['measured']) == (4, 'uint16', 16)
    assert all(path.stat().st_size for path in results.files)
    assert all(0 <= share <= 1 for share in results.precision)
    rgb = torch.load(rgb_weights, weights_only=True)
    trained = torch.load(results.backbones[0], weights_only=True)['state_dict']
    inflated = inflate_input_channels(rgb['conv1.weight'], 4)
    torch.testing.assert_close(trained['conv1.weight'], inflated)
    torch.testing.assert_close(
        trained['layer1.0.conv1.weight'], rgb['layer1.0.conv1.weight']
    )

    # The images are not measured again.
    for path in images.iterdir():
        write_bands(path, values[0] * 2)
    results.checkpoint.unlink()
    again = setsim_mm.pretrain(**call)
    output = capsys.readouterr().out
    assert 'epoch 1 of 2' not in output and 'epoch 2 of 2: loss' in output
    assert json.loads((out / 'plan.json').read_text())['channels'] == plan
    assert again.files == results.files
    with pytest.raises(UserError, match='channels is 4 there and 3 here'):
        setsim_mm.pretrain(**{**call, 'channels': 3})
    # Files are compared with the plan, also without a measurement.
    write_bands(images / '05.tif', values[5, ..., :3])
    with pytest.raises(ChannelsError, match=r'05\.tif'):
        setsim_mm.pretrain(**call)


def test_other_channels_are_an_error_before_training(bands, tmp_path):
    with pytest.raises(UserError, match=r"00\.tif' has 4 channels.*--channels 4"):
        setsim_mm.pretrain(bands[0], tmp_path / 'out', channels=5)
    with pytest.raises(UserError, match='--channels'):
        setsim_mm.pretrain(bands[0], tmp_path / 'out', channels=0)
    mixed = Path(shutil.copytree(bands[0], tmp_path / 'mixed'))
    np.save(mixed / '07.npy', bands[1][0, ..., :3])
    with pytest.raises(UserError, match=r"07\.npy' has 3 channels, not 4"):
        setsim_mm.pretrain(mixed, tmp_path / 'out', channels=4)
    assert not list((tmp_path / 'out').glob('*.py'))


@pytest.fixture(scope='module')
def model():
    """Return a model for four bands with random weights."""
    plan = make_plan(16, Machine(1), epochs=1)
    channels = Channels(4, 'uint16', [2000.0] * 4, [1000.0] * 4, 16, '')
    return init_model(config_of(plan, 'images', 'out', TINY, channels))


def test_views_and_pictures_of_four_bands(model, bands):
    folder, values = bands
    *views, boxes = cut_views(model.cfg, folder / '03.tif', seed=1)
    assert all(v.shape == (32, 32, 4) and v.dtype == np.float32 for v in views)
    of_array = cut_views(model.cfg, values[3], seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(views, of_array, strict=False))
    found = match(model, *views, boxes)
    torch.testing.assert_close(
        found.views[0], torch.from_numpy(views[0]).permute(2, 0, 1)
    )
    drawn, *_ = show(found).axes[0].images
    assert np.array_equal(drawn.get_array(), shown_bands(found.views[0]))


def test_whole_files_are_resized(model, bands):
    found = match(model, bands[0] / '03.tif', bands[0] / '04.tif', size=64)
    assert found.views[0].shape == (4, 64, 64)  # of 40 x 44
    mean = torch.from_numpy(bands[1][3].astype(np.float32)).mean(dim=(0, 1))
    torch.testing.assert_close(found.views[0].mean(dim=(1, 2)), mean, rtol=0.02, atol=0)


def test_images_of_other_channels_are_errors(model, bands, tmp_path):
    np.save(tmp_path / 'three.npy', bands[1][0, ..., :3])
    with pytest.raises(ChannelsError, match=r'three\.npy'):
        match(model, tmp_path / 'three.npy', bands[0] / '00.tif')
    for array in (bands[1][0, ..., :3], bands[1][0, ..., 0], bands[1]):
        with pytest.raises(ValueError, match=r'\(height, width, 4\)'):
            cut_views(model.cfg, array)
