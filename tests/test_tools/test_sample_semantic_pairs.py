"""tools/sample_semantic_pairs.py: pairs of a backbone and of a file of embeddings."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from setsim_mm.datasets import read_pairs
from setsim_mm.evaluation import load_backbone
from setsim_mm.utils import load_training_config
from tests.labelled_images import write_class_folders

from .training_helpers import REPO

TOOL = 'tools/sample_semantic_pairs.py'
CONFIG = REPO / 'configs' / 'selfsup' / 'sepp' / 'sepp_mocov2_r50_200e_folder.py'
SMALL = (
    'model.backbone.depth=18',
    'model.backbone.base_channels=8',
    'model.backbone.stem_channels=8',
)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Five images of each of three colours, the weights of a random backbone."""
    folder = tmp_path_factory.mktemp('semantic pairs')
    write_class_folders(folder / 'data')
    options = dict(part.split('=') for part in SMALL)
    cfg = load_training_config(
        str(CONFIG), {name: int(value) for name, value in options.items()}
    )
    torch.manual_seed(0)
    torch.save(load_backbone(cfg.model.backbone).state_dict(), folder / 'weights.pth')
    return folder


def call(in_this_process, folder, checkpoint, *options):
    return in_this_process(
        TOOL, CONFIG, checkpoint, '--data', 'data/train', '--device', 'cpu',
        '--num-workers', 0, '--image-size', 32, *options,
        '--cfg-options', *SMALL, cwd=folder,
    )  # fmt: skip


def test_pairs_of_a_backbone_and_another_window(in_this_process, folder):
    options = '--out', 'out/pairs.csv', '--min', 0.5, '--max', 1
    status, output, errors = call(
        in_this_process, folder, 'weights.pth', *options,
        '--sheet', 'out/sheet.png', '--sheet-anchors', 3,
    )  # fmt: skip
    assert status == 0, errors
    pairs = read_pairs(folder / 'out' / 'pairs.csv')
    assert len(pairs) == 15 and pairs.anchors[0] == 'blue/0.JPEG'
    record = json.loads((folder / 'out' / 'pairs.json').read_text())
    # Even a random backbone tells the colours apart; chance is 4 of 14 others.
    assert record['same_class'] > 80 and record['chance'] == pytest.approx(400 / 14)
    assert f'{record["same_class"]:.2f} % of one class, chance 28.57 %' in output
    with Image.open(folder / 'out' / 'sheet.png') as sheet:
        assert min(sheet.size) > 100

    # The images are encoded already: their files are not needed any more.
    (folder / 'data' / 'train').rename(folder / 'moved')
    for name in pairs.anchors:
        path = folder / 'data' / 'train' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'')
    status, output, errors = call(
        in_this_process, folder, 'weights.pth', '--out', 'out/pairs.csv',
        '--min', 0.5, '--max', 1, '--per-anchor', 2,
    )  # fmt: skip
    assert status == 0, errors
    assert len(read_pairs(folder / 'out' / 'pairs.csv')) == 30


def test_pairs_of_embeddings(in_this_process, folder):
    names = ['blue/1.JPEG', 'red/0.JPEG', 'green/2.JPEG', 'red/4.JPEG']
    (folder / 'known.txt').write_text('\n'.join(names))
    np.save(folder / 'known.npy', np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1.0]]))
    options = '--out', 'known_pairs.csv', '--min', 0.9, '--max', 0.999
    status, _, errors = call(
        in_this_process, folder, 'known.npy', *options, '--no-center'
    )
    assert status == 0, errors
    pairs = read_pairs(folder / 'known_pairs.csv')
    found = set(zip(pairs.anchors, pairs.positives, strict=True))
    blue, red, green, other_red = names
    assert found == {
        (blue, red),
        (red, blue),
        (green, other_red),
        (other_red, green),
    }


@pytest.mark.parametrize(
    ('checkpoint', 'options', 'message'),
    [
        ('strange.npy', (), "1 images of the embeddings 'strange.npy' are not among"),
        ('weights.pth', ('--out', 'pairs.txt'), 'ends in .csv or .parquet'),
        ('weights.pth', ('--min', 0.9, '--max', 0.1), '--min and --max'),
        ('weights.pth', ('--num-images', 99), '--num-images is 99'),
        ('weights.pth', ('--timm', 'resnet18'), 'timm'),
        ('absent.pth', (), 'absent.pth'),
    ],
)
def test_bad_input_is_one_sentence(
    in_this_process, folder, checkpoint, options, message
):
    (folder / 'strange.txt').write_text('red/0.JPEG\nred/none.JPEG\n')
    np.save(folder / 'strange.npy', np.eye(2))
    if '--out' not in options:
        options = (*options, '--out', 'bad.csv')
    status, _, errors = call(in_this_process, folder, checkpoint, *options)
    assert status == 1
    assert errors.startswith('Error: ') and message in errors
    assert len(errors.splitlines()) == 1
    assert not (folder / 'bad.csv').exists()
