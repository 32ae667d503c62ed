"""Micro-AP and recall by hand, against a slow reference and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from setsim_mm.evaluation.copy_detection import average_precision, score_copies

COLUMNS = ['query_id', 'reference_id', 'score']


def frame(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def pairs(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS[:2])


def test_scores_by_hand():
    truth = pairs(('q1', 'r1'), ('q2', 'r2'), ('q3', 'r3'), ('q4', 'r4'))
    predictions = frame(
        ('q1', 'r1', 0.9),  # right: precision 1
        ('q5', 'r7', 0.8),  # a distractor
        ('q2', 'r2', 0.7),  # right: precision 2/3
        ('q3', 'r1', 0.6),
        ('q3', 'r3', 0.5),  # right: precision 3/5, second of its query
    )
    result = score_copies(predictions, truth)
    assert result.micro_ap == pytest.approx((1 + 2 / 3 + 3 / 5) / 4)
    assert result.recall_at_p90 == 0.25
    assert result.recall_at_rank == {1: 0.5, 10: 0.75}
    assert (result.num_true, result.num_predictions) == (4, 5)


def test_among_equal_scores_the_wrong_ones_come_first():
    truth = pairs(('q1', 'r1'))
    predictions = frame(('q1', 'r1', 1.0), ('q1', 'r2', 1.0), ('q2', 'r3', 1.0))
    result = score_copies(predictions, truth, ranks=(1, 2))
    assert result.micro_ap == pytest.approx(1 / 3)
    assert result.recall_at_rank == {1: 0.0, 2: 1.0}
    assert result.recall_at_p90 == 0.0


def test_a_query_may_have_several_references():
    truth = pairs(('q', 'a'), ('q', 'b'))
    result = score_copies(frame(('q', 'a', 2.0), ('q', 'b', 1.0)), truth)
    assert result.micro_ap == 1.0
    assert result.recall_at_rank == {1: 0.5, 10: 1.0}


def test_no_prediction_scores_zero():
    result = score_copies(frame().astype({'score': float}), pairs(('q', 'r')))
    assert (result.micro_ap, result.recall_at_p90) == (0.0, 0.0)


@pytest.mark.parametrize(
    ('predictions', 'truth', 'fact'),
    [
        (frame(('q', 'r', 1.0), ('q', 'r', 0.5)), pairs(('q', 'r')), r'\(q, r\)'),
        (frame(('q', 'r', 1.0)), pairs(('q', 'r'), ('q', 'r')), r'true pairs'),
        (frame(('q', 'r', float('nan'))), pairs(('q', 'r')), 'NaN'),
        (frame(('q', 'r', 1.0)), pairs(), 'no true pair'),
    ],
)
def test_bad_input(predictions, truth, fact):
    with pytest.raises(ValueError, match=fact):
        score_copies(predictions, truth)


def slow_micro_ap(rows: list[tuple[int, int, int]], truth: set) -> float:
    """The definition, prediction by prediction."""
    ranking = sorted(rows, key=lambda row: (-row[2], (row[0], row[1]) in truth))
    total, hits, recall_before = 0.0, 0, 0.0
    for place, (query, reference, _) in enumerate(ranking, start=1):
        hits += (query, reference) in truth
        recall = hits / len(truth)
        total += (recall - recall_before) * hits / place
        recall_before = recall
    return total


IDS = st.integers(0, 5)
ROWS = st.lists(
    st.tuples(IDS, IDS, st.integers(0, 4)), unique_by=lambda row: row[:2], max_size=20
)


@given(ROWS, st.sets(st.tuples(IDS, IDS), min_size=1, max_size=8), st.randoms())
def test_equals_the_definition_in_any_order(rows, truth, random):
    random.shuffle(rows)
    result = score_copies(
        pd.DataFrame(rows, columns=COLUMNS),
        pd.DataFrame(sorted(truth), columns=COLUMNS[:2]),
    )
    assert result.micro_ap == pytest.approx(slow_micro_ap(rows, truth))
    assert 0 <= result.recall_at_p90 <= result.recall_at_rank[10] <= 1


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_without_ties_it_is_average_precision_of_scikit_learn(correct):
    correct = np.array([*correct, True])
    scores = -np.arange(len(correct))
    expected = average_precision_score(correct, scores)
    assert average_precision(correct, correct.sum()) == pytest.approx(expected)
