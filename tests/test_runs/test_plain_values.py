"""Values of any type, made plain and short."""

import json

import pytest

from setsim_mm.runs.plain_values import (
    MOST,
    mapping_at,
    plain_entries,
    plain_value,
    short_text,
)


class Unknown:
    """A value of a type that JSON does not know."""


@pytest.mark.parametrize('value', [None, True, -3, 2**63 - 1, 0.5, '', 'text'])
def test_plain_values_are_kept(value):
    assert plain_value(value) is value
    assert plain_entries(value) is value


@pytest.mark.parametrize(
    ('value', 'plain'),
    [
        (float('nan'), 'nan'),
        (float('-inf'), '-inf'),
        (2**63, 'a number of 64 bits'),
        (-(10**5000), 'a number of 16610 bits'),  # more digits than str() writes
        (b'bytes', None),
        ([1], None),
        (Unknown(), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values_become_plain(value, plain):
    assert plain_value(value) == plain


def test_long_texts_are_cut():
    assert plain_value('abcd', longest=4) == 'abcd'
    assert (
        plain_value('abcde', longest=4) == short_text('abcde', longest=4) == 'abcd...'
    )
    assert len(plain_value('x' * 10**5)) == 2003


def test_a_text_of_another_value_is_its_type():
    assert [short_text(value) for value in (3, None, Unknown())] == [
        'int',
        'NoneType',
        'Unknown',
    ]


def test_entries_are_plain_one_level_deep():
    content = {'a': 1, 2: 'b', 'list': [3], 'nan': float('nan')}
    plain = {'a': 1, 'int': 'b', 'list': None, 'nan': 'nan'}
    assert plain_entries(content) == plain
    assert plain_entries([1, [2], Unknown(), 'c']) == [1, None, None, 'c']
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_a_part_of_many_entries_is_taken():
    many = list(range(10 * MOST))
    assert plain_entries(many) == many[:MOST]
    by_name = {str(number): number for number in many}
    assert list(plain_entries(by_name).values()) == many[:MOST]


def test_only_mappings_are_returned_from_a_record():
    record = dict(a=dict(b=1), c=[1], d=None)
    assert mapping_at(record, 'a') is record['a']
    assert [mapping_at(record, name) for name in 'cde'] == [{}, {}, {}]
