"""Copy detection as a metric of mmengine."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric

from setsim_mm.host import METRICS

from .copy_detection import QUERY, REFERENCE, score_copies
from .copy_files import read_truth, require_known
from .copy_predictions import ROLES, CopySearch, Descriptors, predict_copies


@METRICS.register_module()
class CopyDetectionMetric(BaseMetric):
    """Micro-AP and recalls of copy detection; see :func:`~.score_copies`.

    It logs ``copies/micro_ap``, ``copies/recall_at_p90``, ``copies/recall_at_1`` and
    ``copies/recall_at_10`` as fractions. Data samples have ``image_id``, ``role``
    (``query``, ``reference`` or ``training``) and ``descriptor`` (D,). With training
    images the scores are normalised.

    Args:
        truth (str): CSV of queries and true pairs; see :func:`~.read_truth`.
        options (dict, optional): Of :class:`~.CopySearch`. Defaults to None.
        predictions (str, optional): CSV to which the predictions are written. Defaults
            to None.
        collect_device (str): See ``BaseMetric``. Defaults to ``'cpu'``.
        prefix (str, optional): Of the names in the log. Defaults to None, ``copies``.

    Raises:
        UserError: If the CSV cannot be read, or names images that are not there.

    Examples:
        >>> val_evaluator = dict(
        ...     type='CopyDetectionMetric', truth='data/copies/truth.csv')
    """

    default_prefix = 'copies'

    def __init__(
        self,
        truth: str,
        options: dict | None = None,
        predictions: str | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix)
        self.truth = truth
        self.queries, self.pairs = read_truth(truth)
        self.options = CopySearch(**(options or {}))
        self.predictions = predictions

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Collect the descriptors of a batch."""
        for sample in data_samples:
            descriptor = sample['descriptor'].float().cpu()
            self.results.append((sample['role'], sample['image_id'], descriptor))

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Search, and score the predictions."""
        groups = {
            role: Descriptors([image for _, image, _ in found], _stack(found))
            for role in ROLES
            if (found := [result for result in results if result[0] == role])
        }
        queries, references = (
            groups.get(role, Descriptors([], torch.zeros(0, 1))) for role in ROLES[:2]
        )
        require_known(self.truth, QUERY, self.queries, queries.ids)
        require_known(self.truth, REFERENCE, self.pairs[REFERENCE], references.ids)
        predictions = predict_copies(
            queries, references, groups.get('training'), self.options
        )
        if self.predictions is not None:
            predictions.to_csv(self.predictions, index=False)
        return score_copies(predictions, self.pairs).scalars()


def _stack(found: list[tuple]) -> torch.Tensor:
    return torch.stack([descriptor for *_, descriptor in found])
