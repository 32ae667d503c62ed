"""A queue has fewer keys than there are images."""

import pytest

from setsim_mm.engine.queue_length import fit_queue, longer_queue, suitable_queue_len


@pytest.mark.parametrize(
    ('images', 'batch', 'length'),
    [(164, 32, 64), (1_281_167, 256, 65536), (7200, 64, 2048), (40, 32, 32)],
)
def test_suitable_length(images, batch, length):
    assert suitable_queue_len(images, batch) == length
    assert longer_queue(length, images, batch) is None


def test_a_longer_queue_is_noticed():
    sentence = longer_queue(65536, 164, 32)
    assert '65536' in sentence and '164' in sentence and 'queue_len=64' in sentence


def test_a_longer_queue_is_shortened_and_a_suitable_one_kept():
    assert fit_queue(dict(type='SetSim', queue_len=65536), 164, 32) == dict(
        type='SetSim', queue_len=64
    )
    suitable = dict(type='SetSim', queue_len=96)
    assert fit_queue(suitable, 164, 32) == suitable
    assert fit_queue(dict(type='SimSiam'), 164, 32) == dict(type='SimSiam')
