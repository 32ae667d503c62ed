"""The data set of SePP-ID: which views its samples have, and which boxes."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from setsim_mm.datasets import ImagePairs, UnlabeledImages, write_pairs
from setsim_mm.datasets.packed.packing import pack_images
from setsim_mm.datasets.seeded import SampleKey, SeededDataset
from setsim_mm.evaluation import cut_view_pairs
from setsim_mm.registry import DATASETS
from setsim_mm.runs.data_fingerprint import fingerprint_of
from setsim_mm.utils import UserError

# The name of an image is its colour; a view keeps the colour.
COLOURS = dict(a=(250, 0, 0), b=(0, 250, 0), c=(0, 0, 250), d=(120, 120, 120))
VIEW = [
    dict(type='RandomResizedCropWithBox', size=8),
    dict(type='RandomHorizontalFlipWithBox', prob=0.5),
]


def pipeline(num_views=2):
    return [
        dict(type='LoadRGBImage'),
        dict(type='MultiViewWithBoxes', num_views=num_views, transforms=[VIEW]),
        dict(type='PackSelfSupInputs', meta_keys=['img_path', 'view_boxes']),
    ]


@pytest.fixture
def root(tmp_path):
    (tmp_path / 'images' / 'sub').mkdir(parents=True)
    for name, colour in COLOURS.items():
        Image.new('RGB', (30, 20), colour).save(name_of(tmp_path / 'images', name))
    pairs = ImagePairs(
        [name_of('', name) for name in 'ad'],
        [name_of('', name) for name in 'ca'],
        np.array([0.9, 0.8]),
    )
    write_pairs(tmp_path / 'pairs.csv', pairs)
    return tmp_path


def name_of(folder, name):
    path = f'{"sub/" if name == "a" else ""}{name}.png'
    return f'{folder}/{path}' if folder else path


def build(root, folder='images', **options):
    return DATASETS.build(
        dict(
            type='SemanticPositivePairs',
            data_root=str(root / folder),
            pairs=str(root / 'pairs.csv'),
            **dict(dict(pipeline=pipeline(), max_unreadable_share=1.0), **options),
        )
    )


def colours(sample):
    """The names of the images that the two views were cut from."""
    return [
        min(COLOURS, key=lambda name: abs(mean - torch.tensor(COLOURS[name])).sum())
        for mean in (view.float().mean(dim=(1, 2)) for view in sample['inputs'])
    ]


def boxes(sample):
    return torch.as_tensor(sample['data_samples'].metainfo['view_boxes'])


def test_images_and_pairs_are_united(root):
    dataset = build(root)
    assert (dataset.num_images, len(dataset)) == (4, 6)
    # Sorted by path: b, c, d, sub/a; then the pairs in the order of their file.
    expected = ['bb', 'cc', 'dd', 'aa', 'ac', 'da']
    assert [''.join(colours(dataset[i])) for i in range(6)] == expected
    assert colours(dataset[-1]) == ['d', 'a']


def test_only_the_views_of_one_image_have_common_coordinates(root):
    dataset = build(root)
    assert boxes(dataset[0]).isfinite().all()
    first, second = boxes(dataset[4])
    assert first.isfinite().all() and second.isnan().all()


def test_samples_depend_on_their_key_and_ordinary_ones_not_on_the_pairs(root):
    ordinary = UnlabeledImages(data_root=str(root / 'images'), pipeline=pipeline())
    ours, theirs = (SeededDataset(each) for each in (build(root), ordinary))
    for index in range(6):
        first, second = (ours[SampleKey(index, 7)] for _ in range(2))
        assert boxes(first).nan_to_num(-1).equal(boxes(second).nan_to_num(-1))
    assert boxes(ours[SampleKey(2, 7)]).equal(boxes(theirs[SampleKey(2, 7)]))


def test_probes_see_the_same_views_with_and_without_pairs(root):
    ordinary = UnlabeledImages(data_root=str(root / 'images'), pipeline=pipeline())
    ours, theirs = (cut_view_pairs(each, 9) for each in (build(root), ordinary))
    assert len(ours) == 4 and ours.paths == theirs.paths
    assert ours.boxes[1].equal(theirs.boxes[1])


def test_a_pair_with_an_unreadable_image_becomes_an_ordinary_sample(root):
    (root / 'images' / 'c.png').write_bytes(b'no image')
    dataset = build(root)
    first, second = colours(dataset[4])
    assert first == second != 'c'
    assert dataset.unreadable_images() == [str(root / 'images' / 'c.png')]


def test_a_part_of_the_images_keeps_the_pairs_within_it(root):
    assert len(build(root, indices=3)) == 3  # b, c, d
    dataset = build(root, indices=[3, 1])  # a, c
    assert [colours(dataset[i]) for i in range(3)] == [['a'] * 2, ['c'] * 2, ['a', 'c']]
    part = build(root).get_subset(-2)  # d, a
    assert [''.join(colours(part[i])) for i in range(3)] == ['dd', 'aa', 'da']
    assert len(part) == len(part.record) + 1 == 3
    whole = build(root)
    whole.get_subset_([1, 3])
    assert ''.join(colours(whole[2])) == 'ac'


def test_the_fingerprint_of_the_data_depends_on_both_images_of_a_pair(root):
    before = fingerprint_of(build(root))
    assert before['samples'] == 6 and before == fingerprint_of(build(root))
    text = (root / 'pairs.csv').read_text()
    (root / 'pairs.csv').write_text(text.replace(',c.png', ',b.png'))
    assert fingerprint_of(build(root))['names'] != before['names']


def test_packed_images_and_another_process(root):
    pack_images(str(root / 'images'), str(root / 'packed'), 'tar')
    dataset = pickle.loads(pickle.dumps(build(root, 'packed')))
    assert sorted(''.join(colours(dataset[i])) for i in (4, 5)) == ['ac', 'da']


def test_pairs_that_name_missing_images(root):
    (root / 'images' / 'd.png').unlink()
    with pytest.raises(UserError, match=r"1 images.* the 3 of the data set.*'d.png'"):
        build(root)


def test_a_pipeline_with_other_views(root):
    with pytest.raises(UserError, match='num_views=2'):
        build(root, pipeline=pipeline(num_views=3))
