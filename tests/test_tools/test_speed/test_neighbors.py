"""The measurement of the exact search."""

import pytest

from measurements import neighbors
from tests.test_tools.test_speed.arguments import parsed


def test_a_row_for_each_number_of_images():
    table = neighbors.measure(
        parsed(neighbors, '--images', '50', '2005', '--dim', '16', '--repeats', '1')
    )
    assert table['images'].tolist() == [50, 2005]
    assert table['GB'].tolist() == [50 * 32 / 1e9, 2005 * 32 / 1e9]
    hours = table['torch, s'] * [1, 2.005] / 3600
    assert table['all, h'].tolist() == pytest.approx(hours.tolist())
    assert 'equal' not in table or (table['equal'] == 1).all()


def test_embeddings_have_ten_images_that_look_alike():
    features = neighbors.synthetic_embeddings(35, 64).float()
    similarity = features @ features.t()
    alike = (similarity > 0.5).sum(dim=1)
    assert alike[:30].tolist() == [10] * 30 and alike[30:].tolist() == [5] * 5
