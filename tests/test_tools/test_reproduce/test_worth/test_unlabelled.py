"""Held-out images are found among unlabelled ones by their content."""

import shutil

import pytest

from setsim_mm.datasets.image_lists import read_image_list
from setsim_mm.utils import UserError
from worth.unlabelled import UnlabelledImages

from .data import write_image


def test_copies_under_any_name_are_found(tmp_path):
    held_out = write_image(tmp_path / 'labelled' / 'a.png', 7)
    write_image(tmp_path / 'unlabelled' / 'b c' / 'a.png', 8)  # another content
    shutil.copy(held_out, tmp_path / 'unlabelled' / 'b c' / 'z.png')
    (tmp_path / 'unlabelled' / 'link.png').symlink_to(held_out)
    images = UnlabelledImages(tmp_path / 'unlabelled')
    assert images.copies_of([str(held_out)]) == {'b c/z.png', 'link.png'}
    assert images.copies_of([]) == set()

    names = tmp_path / 'lists' / 'seed_0.txt'
    assert images.write_list(names, images.copies_of([str(held_out)])) == 1
    assert read_image_list(str(names)) == ['b c/a.png']
    with pytest.raises(UserError, match='is held out, so that none is left'):
        images.write_list(names, set(images.sizes))


def test_digest_follows_the_files(tmp_path):
    write_image(tmp_path / 'a.png', 1)
    before = UnlabelledImages(tmp_path).digest
    assert UnlabelledImages(tmp_path).digest == before
    write_image(tmp_path / 'b.png', 2)
    assert UnlabelledImages(tmp_path).digest != before


def test_no_folder_or_no_image(tmp_path):
    with pytest.raises(UserError, match='there is no folder'):
        UnlabelledImages(tmp_path / 'nothing')
    with pytest.raises(UserError, match='there is no image file'):
        UnlabelledImages(tmp_path)
