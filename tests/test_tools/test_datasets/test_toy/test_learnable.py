"""Models that learn from the training part generalise to the validation part."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from torch import nn

from toy import make_toy_datasets
from toy.kinds import KINDS


@pytest.fixture(scope='module')
def data_root(tmp_path_factory):
    """Toy data with the default number of images."""
    root = tmp_path_factory.mktemp('default')
    make_toy_datasets(root)
    return root


def coco_crops(root, part):
    """Return crops of the single objects, 8x8 pixels each, and their categories."""
    path = root / 'coco/annotations' / f'instances_{part}.json'
    content = json.loads(path.read_text())
    names = {image['id']: image['file_name'] for image in content['images']}
    crops, categories = [], []
    for annotation in content['annotations']:
        if annotation['iscrowd']:
            continue
        x, y, w, h = annotation['bbox']
        with Image.open(root / 'coco' / part / names[annotation['image_id']]) as image:
            crop = image.crop((x, y, x + w, y + h)).resize((8, 8))
        crops.append(np.ravel(crop) / 255)
        categories.append(annotation['category_id'])
    return np.array(crops), np.array(categories)


def test_the_kind_of_an_object_is_learned_from_its_crop(data_root):
    train, val = coco_crops(data_root, 'train2017'), coco_crops(data_root, 'val2017')
    assert set(train[1]) == set(val[1]) and len(set(val[1])) == len(KINDS)
    accuracy = LogisticRegression(max_iter=1000).fit(*train).score(*val)
    assert accuracy > 0.9  # chance: 1 in 6


def test_the_kind_of_an_object_is_learned_without_colour(data_root):
    """Kinds also differ in shape and texture."""

    def grey(part):
        crops, categories = coco_crops(data_root, part)
        shades = crops.reshape(len(crops), -1, 3).mean(axis=2)
        return shades - shades.mean(axis=1, keepdims=True), categories

    model = LogisticRegression(C=10, max_iter=1000).fit(*grey('train2017'))
    assert model.score(*grey('val2017')) > 0.5  # chance: 1 in 6


def ade20k_pixels(root, part):
    folder = root / 'ade/ADEChallengeData2016'
    images, labels = [], []
    for path in sorted((folder / 'images' / part).iterdir()):
        images.append(np.array(Image.open(path)) / 255)
        mask = folder / 'annotations' / part / f'{path.stem}.png'
        labels.append(np.array(Image.open(mask)))
    images = torch.tensor(np.array(images), dtype=torch.float32)
    return images.permute(0, 3, 1, 2), torch.tensor(np.array(labels)).long() - 1


def mean_iou(predicted, labels):
    shown = labels >= 0
    ious = []
    for label in labels[shown].unique():
        one, other = (predicted == label) & shown, labels == label
        ious.append((one & other).sum() / (one | other).sum())
    return float(torch.stack(ious).mean())


def test_a_linear_layer_learns_to_segment_in_seconds(data_root):
    images, labels = ade20k_pixels(data_root, 'training')

    # Colour and its square, at the pixel and averaged around it.
    def features(images):
        colours = torch.cat([images, images**2], dim=1)
        return torch.cat([colours, nn.functional.avg_pool2d(colours, 5, 1, 2)], dim=1)

    layer = nn.Conv2d(12, 150, 1)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    inputs = features(images)[:, :, ::4, ::4]
    for _ in range(60):
        loss = nn.functional.cross_entropy(
            layer(inputs), labels[:, ::4, ::4], ignore_index=-1
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    images, labels = ade20k_pixels(data_root, 'validation')
    with torch.no_grad():
        learned = mean_iou(layer(features(images)).argmax(1), labels)
    guesses = labels[labels >= 0].unique()
    chance = mean_iou(guesses[torch.randint(len(guesses), labels.shape)], labels)
    most_frequent = mean_iou(
        torch.full_like(labels, int(labels.mode()[0][0, 0])), labels
    )
    assert max(chance, most_frequent) < 0.15
    assert learned > 0.7
