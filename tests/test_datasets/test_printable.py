"""Names that can be written everywhere, in one line."""

import os

from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.datasets.printable import printable


def test_usual_names_stay_as_they_are() -> None:
    for name in ('n01/a b.JPEG', 'Düne ﾃ.png', '写真\u3000(1).jpg', "it's 100%.jpg"):
        assert printable(name) == name


def test_what_is_escaped() -> None:
    assert printable(os.fsdecode(b'a\xff\xe9.jpg')) == r'a\udcff\udce9.jpg'
    assert printable('a\n\r\t\0.jpg') == r'a\n\r\t\x00.jpg'
    assert printable('\x1b[31mred\x9b.jpg') == r'\x1b[31mred\x9b.jpg'
    assert printable('\x85\u2028\u2029') == r'\x85\u2028\u2029'


@given(st.text() | st.binary().map(os.fsdecode))
def test_any_name_is_one_line_of_utf_8(name: str) -> None:
    line = printable(name)
    assert len(line.splitlines()) == (len(name) > 0)
    assert line.encode().decode() == line == printable(line)
