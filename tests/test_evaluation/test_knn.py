"""k-NN against a slow reference in float64 and values by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from setsim_mm.datasets import ChannelsError, LoadChannels
from setsim_mm.evaluation import (
    build_data_preprocessor,
    evaluate_knn,
    find_class_folders,
    image_inputs,
    knn_classify,
    pooled_features,
)
from setsim_mm.evaluation.class_folders import LabeledImages
from setsim_mm.utils import UserError
from tests.bands import bands_config, write_band_folders
from tests.labelled_images import COLOURS, write_class_folders


def unit_vectors(rng: np.random.Generator, number: int, channels: int) -> np.ndarray:
    vectors = rng.normal(size=(number, channels))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def reference(train, labels, features, k, temperature) -> list[dict[int, float]]:
    """Votes for each class, one image and one neighbour at a time."""
    votes = []
    for feature in features.astype(np.float64):
        cosines = [float(np.dot(feature, other)) for other in train.astype(np.float64)]
        nearest = sorted(range(len(train)), key=lambda i: -cosines[i])[:k]
        of_class = dict.fromkeys(labels.tolist(), 0.0)
        for i in nearest:
            of_class[int(labels[i])] += math.exp(cosines[i] / temperature)
        votes.append(of_class)
    return votes


@given(
    seed=st.integers(0, 999),
    num_train=st.integers(1, 60),
    k_share=st.floats(0, 1),
    temperature=st.sampled_from([0.02, 0.07, 0.5, 10.0]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_against_the_reference(seed, num_train, k_share, temperature, dtype):
    rng = np.random.default_rng(seed)
    k = max(1, round(k_share * num_train))
    train = unit_vectors(rng, num_train, 8).astype(dtype)
    features = unit_vectors(rng, 15, 8).astype(dtype)
    labels = rng.integers(0, 4, num_train)
    found = knn_classify(train, labels, features, k, temperature)
    for label, votes in zip(
        found, reference(train, labels, features, k, temperature), strict=True
    ):
        # The class with most votes, up to rounding.
        assert votes[int(label)] >= max(votes.values()) * (1 - 1e-5)


def test_temperature_weights_near_neighbours():
    train = np.array([[1.0, 0.0], [0.6, 0.8], [0.6, 0.8]])
    labels = np.array([0, 1, 1])
    feature = np.array([[0.96, 0.28]])  # cosines 0.96, 0.8, 0.8
    # exp(0.96 / 0.07) : 2 exp(0.8 / 0.07) = 9.83 : 2; at τ = 1 it is 1.17 : 2.
    assert knn_classify(train, labels, feature, k=3, temperature=0.07) == 0
    assert knn_classify(train, labels, feature, k=3, temperature=1.0) == 1
    assert knn_classify(train, labels, feature, k=1, temperature=1.0) == 0


def test_all_votes_equal_gives_the_smaller_class():
    train = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert knn_classify(train, np.array([7, 2]), train[:1], k=2) == 2


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (dict(k=0), 'k is 0.* between 1 .* labelled images, 3'),
        (dict(k=4), 'k is 4'),
        (dict(k=1, temperature=0), 'temperature is 0'),
    ],
)
def test_a_vote_that_cannot_be_held_is_refused(arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        knn_classify(np.eye(3), np.arange(3), np.eye(3), **arguments)


class ColourMap(nn.Module):
    """A backbone whose features are the image, and which knows its mode."""

    def __init__(self) -> None:
        super().__init__()
        self.modes = set()

    def forward(self, images):
        self.modes.add(self.training)
        return torch.zeros(1), images


def preprocess(images):
    return images.float() / 255


def test_features_are_normalised_means(tmp_path):
    folders = find_class_folders(write_class_folders(tmp_path), num_val=3)
    images = LabeledImages(folders.train, 16)
    features, labels = pooled_features(ColourMap(), preprocess, images, 4, 0)
    assert features.shape == (12, 3)
    assert labels.tolist() == [label for _, label in folders.train]
    expected = images[5][1].double().mean(dim=(1, 2))
    expected = expected / expected.norm()
    np.testing.assert_allclose(features[5], expected.numpy(), rtol=1e-5)


def test_colours_are_classified(tmp_path):
    backbone = ColourMap().train()
    folders = find_class_folders(write_class_folders(tmp_path), val_share=0.4)
    result = evaluate_knn(backbone, preprocess, folders, 16, k=3, num_workers=0)
    assert (result.accuracy, result.num_train, result.num_val) == (100.0, 9, 6)
    assert backbone.modes == {False} and backbone.training
    assert str(result) == '100.00 % of 6 images, by 9 labelled ones'


def test_accuracy_with_wrong_labels(tmp_path):
    # Of each colour two images are to be classified, one in another class's folder.
    write_class_folders(tmp_path, 'train', 4)
    write_class_folders(tmp_path, 'val', 2)
    names = list(COLOURS)
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        (tmp_path / 'val' / name / '0.JPEG').rename(tmp_path / 'val' / other / 'x.JPEG')
    result = evaluate_knn(
        ColourMap(), preprocess, find_class_folders(tmp_path), 16, k=3, num_workers=0
    )
    assert (result.accuracy, result.num_train, result.num_val) == (50.0, 12, 6)


def test_unreadable_images_are_counted_and_skipped(tmp_path):
    root = write_class_folders(tmp_path)
    (root / 'train' / 'red' / '2.JPEG').write_bytes(b'no image')
    write_class_folders(tmp_path, 'val', 2)
    (root / 'val' / 'green' / '0.JPEG').write_bytes(b'')
    result = evaluate_knn(
        ColourMap(), preprocess, find_class_folders(root), 16, k=3, num_workers=0
    )
    assert (result.num_train, result.num_val, result.num_unreadable) == (14, 5, 2)
    assert result.accuracy == 100
    assert str(result).endswith('; 2 unreadable images were skipped')


def test_error_without_readable_images(tmp_path):
    root = write_class_folders(tmp_path)
    for path in root.glob('train/*/*'):
        path.write_bytes(b'no image')
    with pytest.raises(UserError, match='none of the 12 images'):
        evaluate_knn(ColourMap(), preprocess, find_class_folders(root), 16, k=3)


def test_a_whole_batch_of_unreadable_images(tmp_path):
    root = write_class_folders(tmp_path)
    for path in root.glob('train/blue/*'):
        path.write_bytes(b'no image')
    images = LabeledImages(find_class_folders(root, num_val=3).train, 16)
    images.samples = sorted(images.samples)
    features, labels = pooled_features(ColourMap(), preprocess, images, 2, 0)
    assert len(features) == 8 and set(labels) == {1, 2}


def test_the_crop_is_central(tmp_path):
    pixels = np.zeros((80, 160, 3), dtype=np.uint8)
    pixels[5:75, 45:115] = 255  # 7/8 of the shorter side, in the middle
    Image.fromarray(pixels).save(tmp_path / 'a.png')
    _, image = LabeledImages([(str(tmp_path / 'a.png'), 0)], 70)[0]
    assert image.shape == (3, 70, 70) and image.min() == 255


def test_bands_are_classified(tmp_path):
    inputs = image_inputs(bands_config(), build_data_preprocessor(bands_config()))
    root = write_band_folders(tmp_path)
    (root / 'train/dark/notes.txt').write_text('no image')
    folders = find_class_folders(root, val_share=0.25, load=inputs.load)
    result = evaluate_knn(ColourMap(), inputs, folders, 16, k=3, num_workers=0)
    assert (result.accuracy, result.num_train, result.num_val) == (100, 6, 2)


def test_other_channels_are_found_before_features_are_computed(tmp_path):
    root = write_band_folders(tmp_path)
    np.save(root / 'train/dark/7.npy', np.zeros((40, 48, 3), np.uint16))
    with pytest.raises(ChannelsError, match=r'7\.npy.* 3 channels .* 4'):
        find_class_folders(root, load=LoadChannels(4, 'uint16'))
