"""Encoding in parts: the features, continuing, and other settings."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from setsim_mm.pairs import Encoder, TrainingImages, encode_images
from setsim_mm.utils import UserError
from tests.labelled_images import write_class_folders


class MeanColours(nn.Module):
    """A backbone whose map is the image; it counts the images it has seen."""

    seen = 0

    def forward(self, images):
        self.seen += len(images)
        return (images,)


@pytest.fixture
def images(tmp_path):
    root = write_class_folders(tmp_path, number=2) / 'train'
    names = sorted(str(path.relative_to(root)) for path in root.rglob('*.JPEG'))
    (root / names[3]).write_bytes(b'no image')
    return TrainingImages(names, [str(root / name) for name in names])


def encode(images, folder, **options):
    encoder = Encoder(MeanColours(), lambda batch: batch.float(), dict(weights='none'))
    options = dict(dict(image_size=14, num_workers=0, part_size=4), **options)
    return encode_images(encoder, images, folder, **options), encoder.backbone.seen


def test_parts_hold_the_features_of_readable_images(images, tmp_path):
    embeddings, seen = encode(images, tmp_path / 'parts')
    assert embeddings.names == [*images.names[:3], *images.names[4:]] and seen == 5
    assert len(list((tmp_path / 'parts').glob('*.npz'))) == 2
    colours = F.normalize(torch.tensor([[20.0, 30, 220], [220, 30, 20]]), dim=1)
    features = embeddings.features.float()
    torch.testing.assert_close(features[[0, -1]], colours, atol=0.03, rtol=0)


def test_a_second_call_encodes_only_what_is_missing(images, tmp_path):
    whole, _ = encode(images, tmp_path / 'parts')
    (tmp_path / 'parts' / 'part_00000.npz').unlink()
    again, seen = encode(images, tmp_path / 'parts')
    assert seen == 3
    assert again.names == whole.names and again.features.equal(whole.features)


def test_other_settings_and_damaged_parts(images, tmp_path):
    encode(images, tmp_path / 'parts')
    with pytest.raises(UserError, match=r'other settings \(image_size\)'):
        encode(images, tmp_path / 'parts', image_size=16)
    fewer = TrainingImages(images.names[:4], images.paths[:4])
    with pytest.raises(UserError, match='images, names_sha256'):
        encode(fewer, tmp_path / 'parts')
    part = tmp_path / 'parts' / 'part_00001.npz'
    part.write_bytes(part.read_bytes()[:-40])
    with pytest.raises(UserError, match=r'part_00001\.npz.* is damaged'):
        encode(images, tmp_path / 'parts')
    # A part of another network has another dimension.
    np.savez(part, indices=np.array([4]), features=np.ones((1, 7), np.float16))
    with pytest.raises(UserError, match='is damaged'):
        encode(images, tmp_path / 'parts')
