"""The pictures of tools/visualize_correspondence.py."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

from setsim_mm.apis import init_model
from setsim_mm.datasets import ChannelsError, LoadChannels, UnreadableImageError
from setsim_mm.datasets.image_loader import channels_loader
from setsim_mm.utils import UserError
from tests.bands import write_bands
from tests.test_apis.models import tiny_config
from tools import correspondence_pictures as pictures
from tools.correspondence_pictures import images_among, save_pictures

from .training_helpers import write_images


@pytest.fixture
def model() -> nn.Module:
    return init_model(tiny_config())


def test_files_and_folders_in_order(tmp_path: Path) -> None:
    folder = write_images(tmp_path / 'folder', 2)
    (folder / 'notes.txt').write_text('no image')
    Image.new('RGB', (9, 9)).save(tmp_path / 'one.png')
    found = images_among([tmp_path / 'one.png', folder])
    assert [Path(path).name for path in found] == ['one.png', '0.png', '1.png']


def test_error_for_other_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='no image in the folder'):
        images_among([tmp_path])
    with pytest.raises(UnreadableImageError, match='gone'):
        images_among([tmp_path / 'gone.png'])
    folder = write_images(tmp_path / 'folder', 1)
    (folder / 'bad.jpg').write_bytes(b'no image')
    with pytest.raises(UnreadableImageError, match=r'bad\.jpg'):
        images_among([folder])


def test_images_with_four_bands(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 4000, (40, 48, 4), np.uint16)
    np.save(tmp_path / 'a.npy', image)
    write_bands(tmp_path / 'b.tif', image)
    cfg = tiny_config()
    load = dict(type='LoadChannels', channels=4, dtype='uint16')
    cfg.train_dataloader.dataset.pipeline[0] = load
    cfg.model.backbone.in_channels = 4
    cfg.model.data_preprocessor = dict(
        type='ChannelsDataPreprocessor', mean=[2000.0] * 4, std=[1000.0] * 4
    )
    images = images_among([tmp_path], channels_loader(cfg))
    written = save_pictures(init_model(cfg), images, tmp_path / 'out')
    assert [path.name for path in written] == ['a.png', 'b.png', 'contact_sheet.png']
    with pytest.raises(ChannelsError, match=r'a\.npy'):
        images_among([tmp_path], LoadChannels(3))


def test_one_image_is_one_picture(model, tmp_path: Path) -> None:
    images = images_among([write_images(tmp_path / 'images', 1)])
    (path,) = save_pictures(model, images, tmp_path / 'a' / 'b')
    assert path == tmp_path / 'a' / 'b' / '0.png'


def test_several_images_get_a_contact_sheet(model, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pictures, 'PER_SHEET', 2)
    write_images(tmp_path / 'images' / 'a', 2)
    write_images(tmp_path / 'images' / 'b', 1)
    images = images_among([tmp_path / 'images'])
    written = save_pictures(model, images, tmp_path / 'out', view_size=32)
    names = ['0.png', '1.png', '0_2.png', 'contact_sheet.png', 'contact_sheet_2.png']
    assert [path.name for path in written] == names
    sizes = [Image.open(path).size for path in written]
    assert sizes[3][1] > 1.5 * sizes[4][1]  # two images, then one
    # Each image has another seed.
    first, _, third = (np.asarray(Image.open(path)) for path in written[:3])
    assert not np.array_equal(first, third)


def test_errors_for_numbers_and_folders(model, tmp_path: Path) -> None:
    images = images_among([write_images(tmp_path / 'images', 1)])
    for name, value in (('num_lines', -1), ('view_size', 0)):
        with pytest.raises(ValueError, match=name):
            save_pictures(model, images, tmp_path / 'out', **{name: value})
    (tmp_path / 'file').write_text('')
    with pytest.raises(UserError, match='--out-dir'):
        save_pictures(model, images, tmp_path / 'file' / 'out')
