"""In-context retrieval while any algorithm trains."""

from torch import nn

from setsim_mm.evaluation.in_context_probe import InContextOptions, evaluate_in_context
from setsim_mm.evaluation.label_checks import check_in_context
from setsim_mm.evaluation.label_images import LabelImages
from setsim_mm.host import HOOKS

from .dense_probe_hook import DenseProbeHook, Folders
from .probe_hook import Measurement, Preprocess


@HOOKS.register_module()
class InContextHook(DenseProbeHook):
    """Log the mIoU of in-context retrieval on the backbone's features.

    See :func:`~setsim_mm.evaluation.in_context_probe.evaluate_in_context`. The scalar
    is ``in_context_miou``, in percent.

    Args:
        size (tuple[int, int]): Height and width of the images in pixels.
        train (tuple[str, str], optional): Folders of the labelled images and of their
            labels. Defaults to None.
        val (tuple[str, str], optional): Folders of the images to label and of their
            labels. Defaults to None.
        options (dict, optional): Of
            :class:`~setsim_mm.evaluation.in_context_memory.InContextOptions`. Defaults
            to None.
        **kwargs: ``num_classes``, ``ignored``, ``mmseg_config``, ``data_root`` and
            ``images`` of :class:`DenseProbeHook`; ``interval`` and ``initial`` of
            :class:`ProbeHook`.

    Raises:
        UserError: If options are wrong. When training starts, if label images, the
            number of neighbours or the backbone are.

    Examples:
        >>> camvid = 'data/camvid'
        >>> custom_hooks = [
        ...     dict(
        ...         type='InContextHook',
        ...         train=(f'{camvid}/images/train', f'{camvid}/labels/train'),
        ...         val=(f'{camvid}/images/val', f'{camvid}/labels/val'),
        ...         num_classes=11,
        ...         ignored=11,
        ...         size=(180, 240),
        ...     )
        ... ]
    """

    title = 'In-context retrieval'

    def __init__(
        self,
        size: tuple[int, int],
        train: Folders | None = None,
        val: Folders | None = None,
        options: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(size, dict(train=train, val=val), **kwargs)
        self.options = InContextOptions(**(options or {}))

    def check(self, grid: tuple[int, int], *images: LabelImages) -> None:
        """Check the labels, and the number of neighbours."""
        train, val = images
        check_in_context(grid, train, val, self.options)

    def evaluate(
        self, backbone: nn.Module, preprocess: Preprocess, *images: LabelImages
    ) -> Measurement:
        """Label the images of ``val`` by those of ``train``."""
        train, val = images
        result = evaluate_in_context(backbone, preprocess, train, val, self.options)
        return Measurement(dict(in_context_miou=result.miou), str(result))
