"""The comparison of the set loss with its dense form."""

from measurements import loss
from tests.test_tools.test_speed.arguments import parsed

TINY = ('--images', '2', '3', '--sides', '4', '--dim', '8', '--length', '500')


def test_a_row_for_each_case():
    table = loss.measure(parsed(loss, *TINY, '--repeats', '2'))
    assert table['images'].tolist() == [2, 2, 3, 3]
    assert table['map'].tolist() == ['4x4'] * 4
    assert table['rows'][0] == table['rows'][2] == 1 / 4  # without geometry
    # Geometry adds rows if the views overlap.
    assert table['rows'][[1, 3]].between(1 / 4, 0.72).all()
    ratio = table['dense, s'] / table['ours, s']
    assert table['times faster'].tolist() == ratio.tolist()
    assert (table[['dense, s', 'tiles, s', 'ours, s']] > 0).all(axis=None)
    assert table['repeats'].tolist() == [2] * 4


def test_the_dense_form_is_left_out_without_memory(monkeypatch):
    monkeypatch.setattr(loss, 'free_memory', lambda device: 0)
    options = '--repeats', '1', '--bfloat16-bank'
    table = loss.measure(parsed(loss, *TINY, *options))
    assert 'dense, s' not in table
    assert (table[['ours, s', 'bfloat16, s']] > 0).all(axis=None)
    assert table['note'].str.startswith('the dense form needs').all()
