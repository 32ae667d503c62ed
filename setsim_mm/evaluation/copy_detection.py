"""Scores of copy detection: which reference is each query a copy of?

As in the Image Similarity Challenge (arXiv:2106.09672): the predictions of all queries
are one ranking. Many queries are distractors, which are copies of nothing, so that
scores must be comparable between queries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

MAX_PREDICTIONS = 500_000  # limit of the challenge
QUERY, REFERENCE, SCORE = COLUMNS = ('query_id', 'reference_id', 'score')


@dataclass(frozen=True)
class CopyDetectionResult:
    """The scores of a ranking, as fractions.

    Args:
        micro_ap (float): Average precision of all predictions as one ranking.
        recall_at_p90 (float): Largest recall at a precision of 0.9 or more; 0 if no
            prediction reaches it.
        recall_at_rank (Mapping[int, float]): By k, the share of true pairs that are
            among the k best predictions of their query.
        num_true (int): Number of true pairs.
        num_predictions (int): Number of predictions.
    """

    micro_ap: float
    recall_at_p90: float
    recall_at_rank: Mapping[int, float]
    num_true: int
    num_predictions: int

    def scalars(self) -> dict[str, float]:
        """Return the scores by their names in the log."""
        ranks = {f'recall_at_{k}': value for k, value in self.recall_at_rank.items()}
        return dict(micro_ap=self.micro_ap, recall_at_p90=self.recall_at_p90, **ranks)

    def __str__(self) -> str:
        ranks = ', '.join(
            f'recall at rank {k} {value:.4f}'
            for k, value in self.recall_at_rank.items()
        )
        return (
            f'micro-AP {self.micro_ap:.4f}, recall at precision 90 % '
            f'{self.recall_at_p90:.4f}, {ranks} ({self.num_predictions} predictions, '
            f'{self.num_true} true pairs)'
        )


def score_copies(
    predictions: pd.DataFrame, truth: pd.DataFrame, ranks: Sequence[int] = (1, 10)
) -> CopyDetectionResult:
    """Score predicted pairs of query and reference.

    Args:
        predictions (pd.DataFrame): The columns ``query_id``, ``reference_id`` and
            ``score``, which is higher for a more probable copy.
        truth (pd.DataFrame): ``query_id`` and ``reference_id`` of all true pairs.
        ranks (Sequence[int]): The k of the recall at rank k. Defaults to 1 and 10.

    Returns:
        CopyDetectionResult: The scores.

    Raises:
        ValueError: If there is no true pair, a pair is given twice, or a score is NaN.
    """
    pairs = [QUERY, REFERENCE]
    if truth.empty:
        raise ValueError('there is no true pair, so that recall is not defined.')
    for frame, name in ((predictions, 'predictions'), (truth, 'true pairs')):
        twice = frame[frame.duplicated(pairs)]
        if len(twice):
            query, reference = twice.iloc[0][pairs]
            raise ValueError(
                f'{len(twice)} of the {name} are given twice, such as '
                f'({query}, {reference}).'
            )
    if predictions[SCORE].isna().any():
        raise ValueError('a score is NaN.')
    found = predictions.merge(truth[pairs], 'left', pairs, indicator='correct')
    found['correct'] = found['correct'] == 'both'
    # Among equal scores the wrong ones come first.
    found = found.sort_values(
        [SCORE, 'correct'], ascending=[False, True], kind='stable'
    )
    correct = found['correct'].to_numpy()
    places = found.groupby(QUERY).cumcount().to_numpy()
    precision, recall = precision_and_recall(correct, len(truth))
    return CopyDetectionResult(
        micro_ap=average_precision(correct, len(truth)),
        recall_at_p90=float(recall[precision >= 0.9].max(initial=0.0)),
        recall_at_rank={
            k: float((correct & (places < k)).sum() / len(truth)) for k in ranks
        },
        num_true=len(truth),
        num_predictions=len(predictions),
    )


def precision_and_recall(
    correct: np.ndarray, num_true: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute precision and recall of every beginning of a ranking.

    Args:
        correct (np.ndarray): Bool, (P,), by descending score.
        num_true (int): Number of true pairs, predicted or not.

    Returns:
        tuple[np.ndarray, np.ndarray]: Precision and recall after each prediction, (P,).
    """
    hits = np.cumsum(correct)
    return hits / np.arange(1, len(correct) + 1), hits / num_true


def average_precision(correct: np.ndarray, num_true: int) -> float:
    """Compute Σ_i (R_i - R_{i-1})·P_i over a ranking.

    Args:
        correct (np.ndarray): Bool, (P,), by descending score.
        num_true (int): Number of true pairs, predicted or not.

    Returns:
        float: Between 0 and 1; 0 without predictions.
    """
    precision, _ = precision_and_recall(correct, num_true)
    return float(precision[correct].sum() / num_true)
