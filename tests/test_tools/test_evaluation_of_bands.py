"""The programs of tools/benchmarks on images with four bands."""

import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

from setsim_mm.datasets import read_pairs
from setsim_mm.evaluation import load_pretrained
from setsim_mm.utils import load_training_config
from tests.bands import (
    MEAN,
    STD,
    labelled_bands,
    write_band_folders,
    write_band_labels,
)

from .training_helpers import REPO, run_python

CONFIG = """
_base_ = '{repo}/configs/selfsup/setsim_r50_200e_folder_channels.py'

model = dict(
    backbone=dict(depth=18, stem_channels=8, base_channels=8),
    data_preprocessor=dict(mean={mean}, std={std}),
)
train_dataloader = dict(dataset=dict(data_root={images!r}))
"""


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Return a folder with a config, class folders and label images."""
    folder = tmp_path_factory.mktemp('bands')
    write_band_folders(folder / 'classes')
    write_band_labels(folder / 'labels')
    config = CONFIG.format(
        repo=REPO, mean=MEAN, std=STD, images=str(folder / 'classes' / 'train')
    )
    (folder / 'bands.py').write_text(config)
    return folder


@pytest.fixture
def evaluate(in_this_process, folder):
    """Evaluate random weights by a program; return status, output and errors."""

    def call(program: str, *options: object) -> tuple[object, str, str]:
        return in_this_process(
            f'tools/benchmarks/{program}.py', 'bands.py', 'random', '--device', 'cpu',
            '--num-workers', 0, *options, cwd=folder,
        )  # fmt: skip

    return call


def test_images_are_classified(evaluate):
    status, output, errors = evaluate(
        'knn_classification', '--data-root', 'classes', '--val-share', 0.25,
        '--k', 3, '--image-size', 32,
    )  # fmt: skip
    assert status == 0, errors
    line = output.splitlines()[-1]
    assert line == 'k-NN accuracy: 100.00 % of 2 images, by 6 labelled ones'


# The border of the classes is one of positions, 32 pixels apart.
LABELS = ('--data-root', 'labels', '--num-classes', 2, '--size', 64, 128)


def test_positions_find_their_classes(evaluate, folder):
    status, output, errors = evaluate(
        'in_context', *LABELS, '--k', 1, '--picture', 'picture.png', '--num-images', 1
    )
    assert status == 0, errors
    found = re.search(r'In-context retrieval: ([\d.]+) % mIoU on 3 images', output)
    assert float(found[1]) > 80  # everything as one class is 25
    with Image.open(folder / 'picture.png') as picture:
        assert min(picture.size) > 100


def test_positions_are_clustered(evaluate):
    status, output, errors = evaluate('overclustering', *LABELS, '--num-clusters', 4)
    assert status == 0, errors
    assert float(re.search(r'Overclustering: ([\d.]+)', output)[1]) > 60


@pytest.fixture(scope='module')
def weights(folder):
    """Return a file of random weights."""
    torch.manual_seed(0)
    backbone, _ = load_pretrained(load_training_config(str(folder / 'bands.py')))
    torch.save(backbone.state_dict(), folder / 'random.pth')
    return folder / 'random.pth'


@pytest.mark.slow
def test_a_convolution_segments(folder, weights, tmp_path):
    pytest.importorskip('mmseg', reason='mmsegmentation is not installed')
    options = [
        f'{part}_dataloader.{option}'
        for part in ('train', 'val')
        for option in ('dataset.img_suffix=.npy', 'num_workers=0')
    ]
    run_python(
        'tools/benchmarks/linear_segmentation.py', 'bands.py', weights,
        '--data-root', 'labels', '--work-dir', tmp_path / 'out', '--cfg-options',
        'train_cfg.max_epochs=8', 'train_dataloader.batch_size=1', *options,
        'train_dataloader.dataset.pipeline.2.scale=(128,64)',
        'val_dataloader.dataset.pipeline.1.scale=(128,64)',
        cwd=folder,
    )  # fmt: skip
    metrics = json.loads((tmp_path / 'out' / 'result.json').read_text())
    assert metrics['mIoU'] > 60  # everything as one class is 25


def test_semantic_pairs_are_of_one_class(in_this_process, folder, weights):
    status, _, errors = in_this_process(
        'tools/sample_semantic_pairs.py', 'bands.py', weights,
        '--out', 'out/pairs.csv', '--sheet', 'out/sheet.png', '--device', 'cpu',
        '--min', 0.2, '--max', 1, '--num-workers', 0, '--image-size', 32, cwd=folder,
    )  # fmt: skip
    assert status == 0, errors
    pairs = read_pairs(folder / 'out' / 'pairs.csv')
    assert len(pairs) >= 6  # those in the window of similarities
    for anchor, positive in zip(pairs.anchors, pairs.positives, strict=True):
        assert anchor.split('/')[0] == positive.split('/')[0]
    assert (folder / 'out' / 'sheet.png').stat().st_size > 5000


@pytest.mark.parametrize(
    ('program', 'options', 'changed'),
    [
        (
            'knn_classification',
            ('--data-root', 'classes', '--k', 3),
            'classes/train/dark',
        ),
        ('in_context', (*LABELS, '--k', 1), 'labels/images/val'),
    ],
)
def test_a_file_with_other_channels_is_named(
    evaluate, folder, program, options, changed
):
    path = folder / changed / '1.npy'
    before = path.read_bytes()
    classes = np.zeros(np.load(path).shape[:2], np.uint8)
    np.save(path, labelled_bands(0, classes)[..., :3])
    status, _, errors = evaluate(program, *options)
    path.write_bytes(before)
    assert status == 1
    assert re.fullmatch(r"Error: '.*1\.npy' has 3 channels .*asks for 4.*\n", errors)


def test_copy_detection_reads_rgb(in_this_process, folder):
    (folder / 'truth.csv').write_text('query_id,reference_id\n1,2\n')
    status, _, errors = in_this_process(
        'tools/benchmarks/copy_detection.py', 'model', 'bands.py', 'random',
        '.', '--device', 'cpu', cwd=folder,
    )  # fmt: skip
    assert status == 1
    assert '4 channels' in errors and len(errors.splitlines()) == 1
