"""Nested, stratified divisions of labelled images, fixed in a file."""

import json
from dataclasses import replace

import pytest

from setsim_mm.utils import UserError
from worth.splits import (
    nested_order,
    require_made_from,
    save_splits,
    sizes_of,
    split_of,
    splits_for,
)

from .data import labelled

# Eight images of class 0, four of class 1, two of class 2.
CLASSES = labelled([[0]] * 8 + [[1]] * 4 + [[2]] * 2)


@pytest.mark.parametrize('seed', range(4))
def test_every_beginning_is_stratified(seed):
    order = nested_order(CLASSES.samples, seed)
    assert sorted(order) == list(range(14))
    labels = [CLASSES.samples[place].label for place in order]
    assert sorted(labels[:3]) == [0, 1, 2]
    assert sorted(labels[:7]) == [0] * 4 + [1] * 2 + [2]


def test_frequent_classes_come_first_where_there_is_no_room_for_all():
    samples = labelled([[0, 2]] * 3 + [[1]] + [[0]] * 2).samples
    order = nested_order(samples, 0)
    assert 0 in samples[order[0]].present
    assert set().union(*(samples[place].present for place in order[:3])) == {0, 1, 2}


def test_images_without_a_class_are_kept():
    samples = labelled([[], [0], []]).samples
    order = nested_order(samples, 0)
    assert order[0] == 1 and sorted(order) == [0, 1, 2]


def test_class_folders_are_held_out_class_by_class():
    split = split_of(CLASSES, 0, 0.5)
    by_name = {sample.name: sample.label for sample in CLASSES.samples}
    labels = sorted(by_name[name] for name in split.held_out)
    assert labels == [0] * 4 + [1] * 2 + [2]
    assert not set(split.held_out) & set(split.labelled)
    assert len(split.labelled) == 7
    assert split == split_of(CLASSES, 0, 0.5)
    assert split != split_of(CLASSES, 1, 0.5)


def test_images_that_are_held_out_already_stay_so():
    samples = tuple(
        replace(sample, held_out=n % 2 == 0) for n, sample in enumerate(CLASSES.samples)
    )
    split = split_of(replace(CLASSES, samples=samples), 0, 0.1)
    assert set(split.held_out) == {s.name for s in samples if s.held_out}


def test_a_class_with_one_image_cannot_be_divided():
    with pytest.raises(UserError, match='3 labelled images cannot be divided'):
        split_of(labelled([[0], [0], [1]]), 0, 0.5)


def test_sizes():
    assert sizes_of([100, 5, 10], 40, 3) == {5: 2, 10: 4, 100: 40}


@pytest.mark.parametrize(
    ('shares', 'number', 'seeds', 'reason'),
    [
        ([5, 100], 8, 2, '5 % of 8 labelled images is none: label 20 or more'),
        ([10, 12], 10, 2, 'as many .10 % is 1, 12 % is 1.'),
        ([0, 10], 40, 2, 'between 0 and 100 %, not 0'),
        ([101], 40, 2, 'between 0 and 100 %, not 101'),
        ([100], 2, 3, '2 labelled images are fewer than the 3 seeds'),
    ],
)
def test_too_few_images(shares, number, seeds, reason):
    with pytest.raises(UserError, match=reason):
        sizes_of(shares, number, seeds)


def test_splits_are_fixed_in_a_file(tmp_path):
    file, made_from = tmp_path / 'splits.json', dict(labels='a', shares=[5.0, 100.0])
    splits = splits_for(file, CLASSES, [0, 1], 0.5)
    save_splits(file, splits, made_from)

    content = json.loads(file.read_text())
    content['seeds']['1']['labelled'].reverse()
    file.write_text(json.dumps(content))
    again = splits_for(file, CLASSES, [1, 2], 0.5)
    assert again[1].labelled == splits[1].labelled[::-1]  # read, not drawn again
    save_splits(file, {2: again[2]}, made_from)
    assert sorted(json.loads(file.read_text())['seeds']) == ['0', '1', '2']

    require_made_from(file, made_from)
    with pytest.raises(UserError, match="labels is 'a' there and 'b' here"):
        require_made_from(file, dict(made_from, labels='b'))
    require_made_from(tmp_path / 'none.json', made_from)
