"""Files of pairs: the same content after writing and reading, and bad files."""

from importlib.util import find_spec

import numpy as np
import pytest

from setsim_mm.datasets import ImagePairs, pair_file, read_pairs, write_pairs
from setsim_mm.utils import UserError

needs_pyarrow = pytest.mark.skipif(find_spec('pyarrow') is None, reason='needs pyarrow')
KINDS = ['pairs.csv', pytest.param('pairs.parquet', marks=needs_pyarrow)]
# Names that a CSV reader could take for a number, a missing value or two columns.
NAMES = ['NA/1', '007', 'a, "b".jpg']


@pytest.mark.parametrize('name', KINDS)
def test_pairs_survive_a_file(tmp_path, name):
    pairs = ImagePairs(NAMES, NAMES[::-1], np.float32([0.9, 0.95, 1.0]))
    write_pairs(tmp_path / name, pairs)
    found = read_pairs(tmp_path / name)
    assert found.anchors == NAMES and found.positives == NAMES[::-1]
    np.testing.assert_allclose(found.similarities, [0.9, 0.95, 1.0], atol=1e-6)


def test_names_that_are_not_utf8(tmp_path):
    name = b'\xff.jpg'.decode(errors='surrogateescape')
    write_pairs(tmp_path / 'pairs.csv', ImagePairs([name], ['b'], np.ones(1)))
    assert read_pairs(tmp_path / 'pairs.csv').anchors == [name]


@pytest.mark.parametrize('name', KINDS)
def test_an_empty_file_of_pairs(tmp_path, name):
    write_pairs(tmp_path / name, ImagePairs([], [], np.empty(0)))
    with pytest.raises(UserError, match='is empty'):
        read_pairs(tmp_path / name)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('', 'cannot be read'),
        ('anchor,positive,similarity\na,b,high\n', 'cannot be read'),
        ('anchor,similarity\na,1\n', "no column 'positive'"),
    ],
)
def test_damaged_files(tmp_path, content, message):
    (tmp_path / 'pairs.csv').write_text(content)
    with pytest.raises(UserError, match=message):
        read_pairs(tmp_path / 'pairs.csv')


def test_a_missing_file_another_suffix_and_no_pyarrow(tmp_path, monkeypatch):
    with pytest.raises(UserError, match='no file of pairs'):
        read_pairs(tmp_path / 'pairs.csv')
    with pytest.raises(UserError, match=r'ends in .csv or .parquet'):
        read_pairs(tmp_path / 'pairs.txt')
    monkeypatch.setattr(pair_file, 'find_spec', lambda name: None)
    with pytest.raises(UserError, match='pip install pyarrow'):
        read_pairs(tmp_path / 'pairs.parquet')
