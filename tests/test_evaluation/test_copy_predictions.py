"""From descriptors to predicted copies."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.evaluation.copy_predictions import (
    CopySearch,
    Descriptors,
    predict_copies,
    read_descriptors,
    write_descriptors,
)
from setsim_mm.utils import UserError
from tests.strategies import seeds


def described(prefix, features):
    features = torch.as_tensor(features, dtype=torch.float32)
    return Descriptors([f'{prefix}{i}' for i in range(len(features))], features)


def on_a_line():
    """Queries 0 and 10, references 1 and 7."""
    return described('q', [[0.0], [10.0]]), described('r', [[1.0], [7.0]])


def as_dict(predictions):
    return {(q, r): s for q, r, s in predictions.itertuples(index=False)}


def test_by_hand():
    queries, references = (
        described('q', [[0.0], [10.0]]),
        described('r', [[1.0], [7.0]]),
    )
    found = predict_copies(queries, references)
    assert found.values.tolist() == [
        ['q0', 'r0', -1.0],
        ['q1', 'r1', -3.0],
        ['q0', 'r1', -7.0],
        ['q1', 'r0', -9.0],
    ]
    best = predict_copies(queries, references, options=CopySearch(max_predictions=2))
    assert best.values.tolist() == found.values.tolist()[:2]
    one = predict_copies(queries, references, options=CopySearch(k=1))
    assert one.values.tolist() == found.values.tolist()[:2]


def test_normalised_scores_by_hand():
    queries, references = (
        described('q', [[0.0], [10.0]]),
        described('r', [[1.0], [7.0]]),
    )
    training = described('t', [[2.0], [-4.0], [11.0]])
    # Scores with the training images: q0 -2, -4, -11; q1 -1, -8, -14.
    second = predict_copies(queries, references, training, CopySearch(rank=2))
    assert as_dict(second) == {
        ('q0', 'r0'): -1 + 4,
        ('q0', 'r1'): -7 + 4,
        ('q1', 'r1'): -3 + 8,
        ('q1', 'r0'): -9 + 8,
    }
    assert second['query_id'].tolist() == ['q1', 'q0', 'q1', 'q0']
    half = predict_copies(queries, references, training, CopySearch(rank=1, weight=0.5))
    assert as_dict(half)['q0', 'r0'] == -1 + 0.5 * 2
    for rank in (0, 4):
        with pytest.raises(UserError, match=rf'rank {rank} .* 3 training'):
            predict_copies(queries, references, training, CopySearch(rank=rank))


@given(seeds, st.integers(1, 6), st.integers(1, 9), st.integers(1, 4), st.booleans())
def test_equals_all_distances(seed, num_queries, num_references, k, normalised):
    generator = torch.Generator().manual_seed(seed)
    queries, references, training = (
        described(prefix, torch.randn(number, 3, generator=generator) * 4)
        for prefix, number in (('q', num_queries), ('r', num_references), ('t', 5))
    )
    found = predict_copies(
        queries, references, training if normalised else None, CopySearch(k, rank=3)
    )
    all_of_them = torch.cdist(queries.features.double(), references.features.double())
    among = torch.cdist(queries.features.double(), training.features.double())
    shift = among.sort(dim=1).values[:, 2] if normalised else torch.zeros(num_queries)
    expected = {
        (f'q{i}', f'r{j}'): (shift[i] - all_of_them[i, j]).item()
        for i in range(num_queries)
        for j in all_of_them[i].sort().indices[:k].tolist()
    }
    assert as_dict(found) == pytest.approx(expected, abs=1e-4)
    assert (np.diff(found['score']) <= 0).all()


def test_a_small_distance_between_long_descriptors():
    # In float32 the difference of the inner products is 0.
    features = torch.full((1, 4), 1000.0)
    found = predict_copies(described('q', features), described('r', features + 1e-3))
    assert found['score'].item() == pytest.approx(-2e-3, rel=0.05)


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: Descriptors(['a'], torch.zeros(2, 3)), r'1 identifiers.*\(2, 3\)'),
        (lambda: Descriptors(['a', 'a'], torch.zeros(2, 3)), r"'a' is given twice"),
        (
            lambda: Descriptors(['a', 'b'], torch.tensor([[0.0], [torch.nan]])),
            r"1 descriptors are not finite.*'b'",
        ),
        (
            lambda: predict_copies(
                described('q', torch.zeros(2, 3)), described('r', torch.zeros(2, 4))
            ),
            r'different dimensions, 3, 4',
        ),
        (
            lambda: predict_copies(*[described('q', torch.zeros(2, 257))] * 2),
            r'257 dimensions.*256',
        ),
        (
            lambda: predict_copies(
                described('q', torch.zeros(0, 3)), described('r', torch.zeros(2, 3))
            ),
            r'no queries',
        ),
    ],
)
def test_descriptors_that_do_not_fit(make, message):
    with pytest.raises(UserError, match=message):
        make()


def test_more_dimensions_if_allowed():
    long = described('q', torch.zeros(2, 257))
    assert len(predict_copies(long, long, options=CopySearch(max_dim=None))) == 4


def test_files_of_descriptors(tmp_path):
    groups = dict(
        query=described('q', torch.randn(2, 3)),
        reference=described('r', torch.ones(4, 3)),
    )
    write_descriptors(tmp_path / 'd.npz', groups)
    read = read_descriptors(tmp_path / 'd.npz')
    assert read.keys() == groups.keys()
    for role, group in groups.items():
        assert read[role].ids == group.ids
        assert torch.equal(read[role].features, group.features)
    np.savez(tmp_path / 'short.npz', query_ids=np.array(['a']))
    for name in ('short.npz', 'missing.npz'):
        with pytest.raises(UserError, match=name):
            read_descriptors(tmp_path / name)
    arrays = dict(np.load(tmp_path / 'd.npz'))
    np.savez(tmp_path / 'count.npz', **arrays | {'query_ids': np.array(['a'])})
    with pytest.raises(UserError, match=r'1 identifiers'):
        read_descriptors(tmp_path / 'count.npz')
