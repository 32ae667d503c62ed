"""The queue against a deque."""

from collections import deque
from copy import deepcopy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.models.memories import FeatureQueue
from setsim_mm.registry import MODELS


def numbered(first, count, dim=2):
    """Distinct keys: (first, first), (first + 1, first + 1), ..."""
    return torch.arange(first, first + count).float()[:, None].expand(-1, dim)


def oldest_first(queue):
    """The keys, oldest first, (K, D)."""
    return queue.features.roll(-int(queue.pointer), dims=1).T


def test_starts_with_random_unit_vectors():
    queue = FeatureQueue(dim=16, length=50)
    assert queue.features.shape == (16, 50)
    assert queue.length == 50
    torch.testing.assert_close(queue.features.norm(dim=0), torch.ones(50))
    assert queue.features.unique(dim=1).shape[1] == 50
    assert not FeatureQueue(16, 50).features.equal(queue.features)


def test_memory_layout_is_key_by_key():
    queue = FeatureQueue(dim=3, length=5)
    assert queue.features.t().is_contiguous()
    checkpoint = FeatureQueue(dim=3, length=5).state_dict()
    checkpoint['features'] = checkpoint['features'].contiguous()  # as it was once
    queue.load_state_dict(checkpoint)
    assert queue.features.equal(checkpoint['features'])
    for same in (queue, deepcopy(queue), FeatureQueue(3, 5).double()):
        same.enqueue(torch.eye(3))
        assert same.features.t().is_contiguous()


def test_default_size_is_the_papers():
    assert FeatureQueue().features.shape == (128, 65536)


def test_keys_are_appended():
    queue = FeatureQueue(dim=2, length=5)
    before = queue.features.clone()
    queue.enqueue(numbered(1, 2))
    assert queue.features[0].tolist() == [1, 2, *before[0, 2:].tolist()]
    assert queue.pointer == 2
    queue.enqueue(numbered(3, 1))
    assert queue.features[0].tolist() == [1, 2, 3, *before[0, 3:].tolist()]


def test_a_batch_wraps_around_without_losing_its_tail():
    queue = FeatureQueue(dim=2, length=5)
    queue.enqueue(numbered(1, 3))
    queue.enqueue(numbered(4, 4))
    assert queue.features[0].tolist() == [6, 7, 3, 4, 5]
    assert queue.pointer == 2


def test_a_last_short_batch():
    queue = FeatureQueue(dim=2, length=8)
    for first, count in ((1, 4), (5, 4), (9, 1), (10, 4)):
        queue.enqueue(numbered(first, count))
    assert oldest_first(queue)[:, 0].tolist() == [6, 7, 8, 9, 10, 11, 12, 13]


def test_keys_of_the_length_of_the_queue():
    queue = FeatureQueue(dim=2, length=4)
    queue.enqueue(numbered(1, 4))
    assert queue.features[0].tolist() == [1, 2, 3, 4]
    assert queue.pointer == 0
    queue.enqueue(numbered(5, 1))
    queue.enqueue(numbered(6, 4))
    assert oldest_first(queue)[:, 0].tolist() == [6, 7, 8, 9]


def test_too_many_keys_change_nothing():
    queue = FeatureQueue(dim=2, length=4)
    before = queue.features.clone()
    with pytest.raises(ValueError, match=r' 5 keys.* 4\b.*queue_len'):
        queue.enqueue(numbered(1, 5))
    assert queue.features.equal(before)
    assert queue.pointer == 0


@given(st.integers(1, 12), st.lists(st.integers(0, 12), max_size=8))
def test_first_in_first_out(length, batches):
    queue = FeatureQueue(dim=3, length=length)
    reference = deque(queue.features.T.tolist(), maxlen=length)
    first = 1
    for count in (min(batch, length) for batch in batches):
        keys = numbered(first, count, dim=3)
        queue.enqueue(keys)
        reference.extend(keys.tolist())
        first += count
    assert oldest_first(queue).tolist() == list(reference)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_a_key_that_is_not_finite_is_not_written(value):
    queue = FeatureQueue(dim=2, length=4)
    before = queue.features.clone()
    keys = numbered(1, 3)
    keys[1, 0] = value
    queue.enqueue(keys)
    assert queue.features[:, [0, 2]].t().equal(keys[[0, 2]])
    assert queue.features[:, [1, 3]].equal(before[:, [1, 3]])
    assert queue.pointer == 3


def test_state_survives_a_checkpoint():
    queue, other = FeatureQueue(2, 5), FeatureQueue(2, 5)
    queue.enqueue(numbered(1, 3))
    assert set(queue.state_dict()) == {'features', 'pointer'}
    other.load_state_dict(queue.state_dict())
    for one in (queue, other):
        one.enqueue(numbered(4, 4))
    assert other.features.equal(queue.features)
    assert other.pointer == queue.pointer == 2


def test_nothing_is_trained():
    queue = FeatureQueue(2, 5)
    assert not list(queue.parameters())
    keys = numbered(1, 2).clone().requires_grad_()
    queue.enqueue(keys)
    assert not queue.features.requires_grad


def test_keys_are_copied():
    queue, keys = FeatureQueue(2, 3), numbered(1, 3).clone()
    queue.enqueue(keys)
    keys.zero_()
    assert queue.features[0].tolist() == [1, 2, 3]


def test_written_in_place():
    queue = FeatureQueue(2, 3)
    features = queue.features
    queue.enqueue(numbered(1, 2))
    assert queue.features is features
    assert features[0, :2].tolist() == [1, 2]


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_keys_of_another_precision(dtype):
    queue = FeatureQueue(2, 3)
    queue.enqueue(numbered(1, 2).to(dtype))
    assert queue.features.dtype == torch.float32
    assert queue.features[0, :2].tolist() == [1, 2]


@pytest.mark.parametrize('length', [0, -1])
def test_length_below_1_raises_an_error(length):
    with pytest.raises(ValueError, match=r'length.* 1\b'):
        FeatureQueue(2, length)


def test_built_from_the_registry():
    queue = MODELS.build({'type': 'FeatureQueue', 'dim': 3, 'length': 7})
    assert repr(queue) == 'FeatureQueue(dim=3, length=7)'
