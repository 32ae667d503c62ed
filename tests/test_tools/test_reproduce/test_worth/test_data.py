"""Splits and lists of a comparison: held-out images never enter pre-training."""

import json
import shutil

import pytest

from setsim_mm.utils import UserError
from worth.annotations import find_annotations
from worth.data import prepare_data
from worth.unlabelled import UnlabelledImages

from .data import write_image, write_voc


@pytest.fixture
def root(tmp_path):
    root = write_voc(tmp_path / 'voc', 10)
    write_image(root / 'images' / 'more' / 'x.png', 99)  # has no label
    (root / 'images' / 'more').rename(root / 'more')
    return root


def prepare(root, out, seeds=(0, 1), shares=(50, 100), **options):
    annotations = find_annotations(root / 'images', root / 'xml')
    return prepare_data(
        annotations, UnlabelledImages(root), out, seeds, shares, **options
    )


def test_held_out_images_are_left_out_of_pretraining(root, tmp_path):
    data = prepare(root, tmp_path / 'out')
    assert data.sizes == {50: 4, 100: 8}
    for seed, split in data.splits.items():
        names = data.lists[seed].read_text().split()
        held_out = {f'images/{name}' for name in split.held_out}
        everything = {f'images/{n}.png' for n in range(10)} | {'more/x.png'}
        assert len(held_out) == 2
        assert set(names) == everything - held_out
    assert any('2 of the 11 unlabelled images are held out' in n for n in data.notes)


def test_they_stay_if_asked_for_and_the_notes_say_so(root, tmp_path):
    data = prepare(root, tmp_path / 'out', pretrain_on_held_out=True)
    assert len(data.lists[0].read_text().split()) == 11
    assert any('IN pre-training' in note for note in data.notes)


def test_the_same_again_is_the_same(root, tmp_path):
    first = prepare(root, tmp_path / 'out')
    again = prepare(root, tmp_path / 'out', seeds=(0, 1, 2))
    assert {seed: again.splits[seed] for seed in (0, 1)} == first.splits
    assert again.made_from == first.made_from
    saved = json.loads((tmp_path / 'out' / 'splits.json').read_text())
    assert saved['made_from'] == first.made_from


def test_other_data_or_options_are_refused(root, tmp_path):
    prepare(root, tmp_path / 'out')
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / 'out').rglob('*')}
    with pytest.raises(UserError, match='shares'):
        prepare(root, tmp_path / 'out', shares=(25, 100))
    with pytest.raises(UserError, match=r'val_share is 0\.2 there and 0\.3 here'):
        prepare(root, tmp_path / 'out', val_share=0.3)
    write_image(root / 'more' / 'y.png', 98)
    with pytest.raises(UserError, match='unlabelled'):
        prepare(root, tmp_path / 'out')
    (root / 'more' / 'y.png').unlink()
    (root / 'xml' / '0.xml').write_text('<annotation></annotation>')
    with pytest.raises(UserError, match='labels'):
        prepare(root, tmp_path / 'out')
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / 'out').rglob('*')}
    assert after == before


def test_shares_that_do_not_show_every_class_are_noted(root, tmp_path):
    data = prepare(root, tmp_path / 'out', shares=(12.5, 100))
    assert data.notes[-1] == '12.5 % of the labels show 2 of the 3 classes.'


def test_copies_among_the_labelled_images_are_noted(root, tmp_path):
    first = prepare(root, tmp_path / 'out')
    assert not any('copies' in note for note in first.notes)
    for n in range(1, 10):
        shutil.copy(root / 'images' / '0.png', root / 'images' / f'{n}.png')
    data = prepare(root, tmp_path / 'other', pretrain_on_held_out=True)
    assert any(note.startswith('8 of the images') for note in data.notes)


def test_too_few_images_leave_nothing_behind(root, tmp_path):
    with pytest.raises(UserError, match='is none'):
        prepare(root, tmp_path / 'out', shares=(5, 100))
    assert not (tmp_path / 'out' / 'splits.json').exists()
