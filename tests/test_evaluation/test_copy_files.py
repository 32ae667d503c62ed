"""CSV files of true pairs and predictions: read back, and refused with a reason."""

import pytest

from setsim_mm.evaluation.copy_detection import score_copies
from setsim_mm.evaluation.copy_files import read_predictions, read_truth
from setsim_mm.utils import UserError

TRUTH = 'query_id,reference_id\nQ1,R2\nQ2,\nQ3,R1\n'
PREDICTIONS = 'query_id,reference_id,score\nQ1,R2,-0.5\nQ2,R1,-1e-3\n'


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> str:
        path = tmp_path / 'file.csv'
        path.write_text(text)
        return str(path)

    return write


def test_distractors_are_queries_without_a_pair(write):
    queries, pairs = read_truth(write(TRUTH))
    assert queries == ['Q1', 'Q2', 'Q3']
    assert pairs.to_numpy().tolist() == [['Q1', 'R2'], ['Q3', 'R1']]


def test_files_are_scored(write):
    queries, truth = read_truth(write(TRUTH))
    predictions = read_predictions(write(PREDICTIONS), queries, ['R1', 'R2'])
    assert predictions['score'].tolist() == [-0.5, -0.001]
    result = score_copies(predictions, truth)
    assert result.micro_ap == 0.25  # the wrong one first: 1/2 of one of two pairs


@pytest.mark.parametrize(
    ('text', 'fact'),
    [
        (PREDICTIONS + 'Q9,R1,0\n', "'Q9'"),
        (PREDICTIONS + 'Q1,R9,0\n', "'R9'"),
        (PREDICTIONS + 'Q1,R1,high\n', "'high'"),
        (PREDICTIONS + 'Q1,R1,\n', "''"),
        (PREDICTIONS + 'Q1,R1,0,5,6\n', 'cannot be read'),
        (TRUTH, 'query_id,reference_id,score'),
        ('', 'cannot be read'),
    ],
)
def test_bad_files(write, text, fact):
    with pytest.raises(UserError, match=fact):
        read_predictions(write(text), ['Q1', 'Q2', 'Q3'], ['R1', 'R2'])
