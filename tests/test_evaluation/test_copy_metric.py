"""Copy detection as a metric of mmengine."""

import pandas as pd
import pytest
import torch
from mmengine.evaluator import Evaluator

from setsim_mm.evaluation.copy_metric import CopyDetectionMetric
from setsim_mm.host import METRICS, SelfSupDataSample
from setsim_mm.utils import UserError


def sample(role, image_id, *descriptor):
    sample = SelfSupDataSample()
    sample.set_metainfo(dict(role=role, image_id=image_id))
    sample.set_field(torch.tensor(descriptor), 'descriptor')
    return sample


@pytest.fixture
def truth(tmp_path):
    path = tmp_path / 'truth.csv'
    path.write_text('query_id,reference_id\nq0,r1\nq1,\nq2,r0\n')
    return str(path)


SAMPLES = (
    sample('query', 'q0', 0.0, 0.0),
    sample('query', 'q1', 5.0, 0.0),  # a distractor, near r1
    sample('query', 'q2', 0.0, 9.0),
    sample('reference', 'r0', 0.0, 6.0),
    sample('reference', 'r1', 4.0, 0.0),
)


def evaluate(metric, samples=SAMPLES):
    evaluator = Evaluator(metric)
    for start in range(0, len(samples), 2):
        evaluator.process(list(samples[start : start + 2]))
    return evaluator.evaluate(len(samples))


def test_by_hand(truth, tmp_path):
    predictions = tmp_path / 'predictions.csv'
    metric = METRICS.build(
        dict(
            type='CopyDetectionMetric',
            truth=truth,
            options=dict(k=1),
            predictions=str(predictions),
        )
    )
    # q1-r1 -1 wrong, q2-r0 -3 right, q0-r1 -4 right.
    assert evaluate(metric) == {
        'copies/micro_ap': pytest.approx((1 / 2 + 2 / 3) / 2),
        'copies/recall_at_p90': 0.0,
        'copies/recall_at_1': 1.0,
        'copies/recall_at_10': 1.0,
    }
    assert pd.read_csv(predictions)['query_id'].tolist() == ['q1', 'q2', 'q0']


def test_training_images_normalise(truth):
    # q1 is near a training image, so its score is no longer the best.
    training = sample('training', 't0', 5.0, 0.5)
    metric = CopyDetectionMetric(truth, dict(k=1, rank=1))
    assert evaluate(metric, (*SAMPLES, training))['copies/micro_ap'] == 1.0


@pytest.mark.parametrize(('left', 'unknown'), [('q2', 'query_id'), ('r0', 'reference')])
def test_images_of_the_truth_that_are_missing(truth, left, unknown):
    samples = [s for s in SAMPLES if s.metainfo['image_id'] != left]
    with pytest.raises(UserError, match=rf'{unknown}.*{left}'):
        evaluate(CopyDetectionMetric(truth), samples)
