"""Measures: frozen probes and fine-tuning, at each share of the labels."""

from collections.abc import Sequence
from dataclasses import dataclass

from setsim_mm.runs.metrics import Metric


@dataclass(frozen=True)
class Measure:
    """A measure of a starting point.

    Args:
        name (str): Its name in the records.
        label (str): Its name in tables and plots.
        method (str): Its name in sentences.
        unit (str): What a difference of 1 is called, such as ``'mIoU'``.
        logged (str, optional): The name in the log of a fine-tuning. Defaults to
            None, a frozen probe.
        scale (float): The factor from the logged value to percent. Defaults to 1.
    """

    name: str
    label: str
    method: str
    unit: str
    logged: str | None = None
    scale: float = 1.0

    def at(self, share: float) -> Metric:
        """Return the metric at a share of the labels, in percent."""
        label = f'{self.label} ({share:g} % of labels)'
        return Metric(self.key(share), label, decimals=2)

    @property
    def logged_metric(self) -> Metric:
        """The metric in the log of a fine-tuning."""
        return Metric(self.logged or self.name, self.label, scale=self.scale)

    def key(self, share: float) -> str:
        """Return the name of the value at a share in the records."""
        return f'{self.name}_{share:g}'


KNN = Measure(
    'knn_accuracy', 'k-NN accuracy', 'k-NN classification', 'points of accuracy'
)
LINEAR = Measure(
    'linear_accuracy', 'linear accuracy', 'linear classification', 'points of accuracy'
)
IN_CONTEXT = Measure(
    'in_context_miou', 'in-context retrieval, mIoU', 'in-context retrieval', 'mIoU'
)
SEGMENTATION = Measure(
    'linear_miou', 'linear segmentation, mIoU', 'linear segmentation', 'mIoU'
)
TUNED_MIOU = Measure(
    'finetuned_miou', 'fine-tuned, mIoU', 'fine-tuning', 'mIoU', 'mIoU'
)
BOX_AP = Measure(
    'finetuned_box_ap', 'fine-tuned, box AP', 'fine-tuning', 'AP', 'coco/bbox_mAP', 100
)
MASK_AP = Measure(
    'finetuned_mask_ap',
    'fine-tuned, mask AP',
    'fine-tuning',
    'AP',
    'coco/segm_mAP',
    100,
)

# The first one of each decides.
OF_CLASSES = (KNN, LINEAR)
OF_PIXELS = (IN_CONTEXT, SEGMENTATION)


def probes_of(dense: bool) -> Sequence[Measure]:
    """Return the frozen probes of labels of pixels, or of images."""
    return OF_PIXELS if dense else OF_CLASSES
