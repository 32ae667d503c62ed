import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.utils.printable import printable, some_of


@pytest.mark.parametrize(
    'text', ['Düne ﾃ', 'a\\b', '100 %', '模型', '写真\u3000(1).jpg']
)
def test_printable_text_is_unchanged(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('\x1b[2J', r'\x1b[2J'),
        ('a\rb\x07', r'a\rb\x07'),
        ('a\n\tb', r'a\n\tb'),
        ('\x9b31m', r'\x9b31m'),
        ('a\u202egpj', r'a\u202egpj'),
        ('\udcff', r'\udcff'),
    ],
    ids=['escape', 'control', 'lines', 'c1', 'direction', 'surrogate'],
)
def test_other_characters_are_escaped(text, expected):
    assert printable(text) == expected
    printable(text).encode('utf-8')


def test_characters_can_be_kept():
    assert printable('a\n\tb\r', keep='\n\t') == 'a\n\tb\\r'


@given(st.text() | st.binary().map(os.fsdecode))
def test_any_name_is_one_line_of_utf_8(name):
    line = printable(name)

    assert len(line.splitlines()) == (len(name) > 0)
    assert line.encode().decode() == line == printable(line)


def test_some_of_marks_what_it_leaves_out():
    assert some_of([]) == ''
    assert some_of('abc') == 'a; b; c'
    assert some_of('abcd', 2, ', ') == 'a, b, ...'
