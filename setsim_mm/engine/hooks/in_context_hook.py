"""In-context retrieval while any algorithm trains."""

from mmengine.dist import is_main_process
from mmengine.runner import Runner

from setsim_mm.evaluation.frozen_backbone import rgb_preprocess
from setsim_mm.evaluation.in_context_probe import InContextOptions, evaluate_in_context
from setsim_mm.evaluation.label_images import IGNORED, LabelImages, find_label_images
from setsim_mm.host import HOOKS, get_model

from .probe_hook import Measurement, ProbeHook


@HOOKS.register_module()
class InContextHook(ProbeHook):
    """Log the mIoU of in-context retrieval on the backbone's features.

    See :func:`~setsim_mm.evaluation.in_context_probe.evaluate_in_context`. The scalar
    is ``in_context_miou``, in percent. The first rank measures.

    Args:
        train (tuple[str, str]): Folders of the labelled images and of their labels.
        val (tuple[str, str]): Folders of the images to label and of their labels.
        num_classes (int): Classes are 0 to ``num_classes - 1`` in the label images.
        size (tuple[int, int]): Height and width of the images in pixels.
        ignored (int): Value of pixels without a class. Defaults to 255.
        options (dict, optional): Of
            :class:`~setsim_mm.evaluation.in_context_probe.InContextOptions`. Defaults
            to None.
        **kwargs: ``interval`` and ``initial`` of :class:`ProbeHook`.

    Raises:
        UserError: If there are no such images, when training starts.

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
        train: tuple[str, str],
        val: tuple[str, str],
        num_classes: int,
        size: tuple[int, int],
        ignored: int = IGNORED,
        options: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.folders = train, val
        self.format = (tuple(size), num_classes, ignored)
        self.options = InContextOptions(**(options or {}))
        self._images: list[LabelImages] = []

    def prepare(self, runner: Runner) -> None:
        """Find the images."""
        self._images = [
            LabelImages(find_label_images(*folders), *self.format)
            for folders in self.folders
        ]

    def measure(self, runner: Runner, epochs_done: int) -> Measurement | None:
        """Measure on the first rank."""
        if not is_main_process():
            return None
        model = get_model(runner.model)
        device = next(model.backbone.parameters()).device
        preprocess = rgb_preprocess(model.data_preprocessor, device)
        train, val = self._images
        result = evaluate_in_context(
            model.backbone, preprocess, train, val, self.options
        )
        return Measurement(dict(in_context_miou=result.miou), str(result))
