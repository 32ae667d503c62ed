"""A queue has fewer keys than there are images."""

import pytest
from mmengine.config import Config

from setsim_mm.engine.queue_length import (
    fit_queue_to_images,
    longer_queue,
    suitable_queue_len,
)


@pytest.mark.parametrize(
    ('images', 'batch', 'length'),
    [(164, 32, 64), (1_281_167, 256, 65536), (7200, 64, 2048), (40, 32, 32)],
)
def test_suitable_length(images, batch, length):
    assert suitable_queue_len(images, batch) == length
    assert longer_queue(length, images, batch) is None


def test_a_longer_queue_is_noticed_and_shortened():
    sentence = longer_queue(65536, 164, 32)
    assert '65536' in sentence and '164' in sentence and 'queue_len=64' in sentence
    cfg = Config(
        dict(model=dict(queue_len=65536), train_dataloader=dict(batch_size=16))
    )
    assert fit_queue_to_images(cfg, 164, processes=2) == cfg.model.queue_len == 64
    assert fit_queue_to_images(cfg, 164, processes=2) is None
