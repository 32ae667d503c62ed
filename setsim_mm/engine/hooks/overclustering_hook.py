"""Overclustering while any algorithm trains."""

from torch import nn

from setsim_mm.evaluation.label_checks import check_overclustering
from setsim_mm.evaluation.label_images import LabelImages
from setsim_mm.evaluation.overclustering import (
    OverclusteringOptions,
    evaluate_overclustering,
)
from setsim_mm.host import HOOKS

from .dense_probe_hook import DenseProbeHook, Folders
from .probe_hook import Measurement, Preprocess


@HOOKS.register_module()
class OverclusteringHook(DenseProbeHook):
    """Log the mIoU of clusters of the backbone's features.

    See :func:`~setsim_mm.evaluation.overclustering.evaluate_overclustering`. The scalar
    is ``overclustering_miou``, in percent.

    Args:
        size (tuple[int, int]): Height and width of the images in pixels.
        val (tuple[str, str], optional): Folders of the images to cluster and of their
            labels. Defaults to None.
        options (dict, optional): Of
            :class:`~setsim_mm.evaluation.overclustering.OverclusteringOptions`.
            Defaults to None.
        **kwargs: ``num_classes``, ``ignored``, ``mmseg_config``, ``data_root`` and
            ``images`` of :class:`DenseProbeHook`; ``interval`` and ``initial`` of
            :class:`ProbeHook`.

    Raises:
        UserError: If options are wrong. When training starts, if label images, the
            number of clusters or the backbone are.

    Examples:
        >>> camvid = 'configs/benchmarks/mmsegmentation/linear_camvid.py'
        >>> custom_hooks = [
        ...     dict(type='OverclusteringHook', mmseg_config=camvid, size=(180, 240))
        ... ]
    """

    title = 'Overclustering'

    def __init__(
        self,
        size: tuple[int, int],
        val: Folders | None = None,
        options: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(size, dict(val=val), **kwargs)
        self.options = OverclusteringOptions(**(options or {}))

    def check(self, grid: tuple[int, int], *images: LabelImages) -> None:
        """Check the labels, and the number of clusters."""
        (val,) = images
        check_overclustering(grid, val, self.options.num_clusters)

    def evaluate(
        self, backbone: nn.Module, preprocess: Preprocess, *images: LabelImages
    ) -> Measurement:
        """Cluster the images of ``val``."""
        (val,) = images
        result = evaluate_overclustering(backbone, preprocess, val, self.options)
        return Measurement(dict(overclustering_miou=result.miou), str(result))
