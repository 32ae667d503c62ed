"""Growth of the set loss, and its plot."""

import pytest

from measurements import scale
from tests.test_tools.test_speed.arguments import parsed


@pytest.fixture
def small(monkeypatch):
    base = {**scale.BASE, scale.NEGATIVES: 64, scale.IMAGES: 2}
    monkeypatch.setattr(scale, 'BASE', base)
    values = {
        scale.NEGATIVES: [16, 64, 2**13],
        scale.IMAGES: [1, 2],
        scale.POSITIONS: [9, 16],
        scale.SET: [0.1, 1.0],
    }
    monkeypatch.setattr(scale, 'VALUES', values)


def test_one_size_at_a_time_is_changed(small):
    args = parsed(scale, '--dim', '8', '--repeats', '1', '--largest', '64')
    table = scale.measure(args)
    assert table[['changed', 'value']].to_numpy().tolist() == [
        ['negatives', 16], ['negatives', 64], ['images', 1], ['images', 2],
        ['positions', 9], ['positions', 16], ['share in sets', 0.1],
        ['share in sets', 1.0],
    ]  # fmt: skip
    assert (table['seconds'] > 0).all()
    figure = scale.draw(table)
    assert len(figure.axes) == 8
    lines = [axes.lines[0] for axes in figure.axes]
    assert lines[1].get_xdata().tolist() == [1, 2]
    drawn = [value for line in lines[:4] for value in line.get_ydata()]
    assert drawn == table['seconds'].tolist()
    assert [axes.get_xlabel() for axes in figure.axes[:4]] == list(scale.VALUES)
