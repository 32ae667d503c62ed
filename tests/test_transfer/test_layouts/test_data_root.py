import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.transfer.layouts import data_root
from setsim_mm.transfer.layouts.data_root import (
    DataRoot,
    read_annotations,
    sample_evenly,
)

ENTRIES = dict(
    images=[dict(id=1, file_name='a "categories" [1].jpg', width=2, height=3)],
    annotations=[dict(id=i, image_id=1, category_id=4) for i in range(5)],
    categories=[dict(id=4, name='cat')],
)


def test_names_are_relative_and_without_suffix(tmp_path):
    (tmp_path / 'images/city').mkdir(parents=True)
    for name in ('images/a.jpg', 'images/city/b.jpg', 'images/city/c.png'):
        (tmp_path / name).touch()
    root = DataRoot(tmp_path)
    assert root.names('images', '.jpg') == {'a', 'city/b'}
    assert root.names('images', '') == {'a.jpg', 'city/b.jpg', 'city/c.png'}
    assert root.names('nothing', '.jpg') == set()
    assert root.names('images/a.jpg', '') == set()


def test_links_to_folders_are_followed(tmp_path):
    (tmp_path / 'disk').mkdir()
    (tmp_path / 'disk/a.jpg').touch()
    (tmp_path / 'images').symlink_to(tmp_path / 'disk')
    assert DataRoot(tmp_path).names('images', '.jpg') == {'a'}


@given(st.integers(0, 40), st.integers(2, 12))
def test_sample_evenly_returns_the_ends_and_no_name_twice(number, wanted):
    names = [f'{i:03}' for i in range(number)]
    some = sample_evenly(reversed(names), wanted)
    assert len(set(some)) == len(some) == min(number, wanted)
    assert some == sorted(some) and set(some) <= set(names)
    if number:
        assert (some[0], some[-1]) == (names[0], names[-1])


@pytest.mark.parametrize('indent', [None, 2])
@pytest.mark.parametrize('order', [sorted, lambda keys: sorted(keys, reverse=True)])
def test_annotations_are_read_in_any_order_and_layout(tmp_path, indent, order):
    path = tmp_path / 'annotations.json'
    content = {key: ENTRIES[key] for key in order(ENTRIES)}
    path.write_text(json.dumps(content, indent=indent) + '\n')
    assert read_annotations(path) == ENTRIES


def test_annotations_are_read_up_to_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(data_root, 'NUM_SAMPLED_ANNOTATIONS', 2)
    path = tmp_path / 'annotations.json'
    path.write_text(json.dumps(ENTRIES))
    content = read_annotations(path)
    assert content == ENTRIES | dict(annotations=ENTRIES['annotations'][:2])


@pytest.mark.parametrize('text', ['', '[]', '{}', '{"images": {}}', 'no json}'])
def test_other_files_are_an_error(tmp_path, text):
    path = tmp_path / 'annotations.json'
    path.write_text(text)
    with pytest.raises(ValueError):
        read_annotations(path)
