"""Base of hooks that measure the features of positions by label images."""

from abc import abstractmethod
from collections.abc import Mapping

from mmengine.runner import Runner
from torch import nn

from setsim_mm.datasets.image_loader import ImageLoader
from setsim_mm.evaluation.frozen_backbone import feature_grid
from setsim_mm.evaluation.label_format import IGNORED
from setsim_mm.evaluation.label_images import LabelImages, find_label_images
from setsim_mm.evaluation.mmseg_labels import mmseg_label_images
from setsim_mm.utils.errors import UserError

from .probe_hook import (
    Measurement,
    Preprocess,
    ProbeHook,
    frozen_backbone,
    on_main_process,
)

Folders = tuple[str, str]


class DenseProbeHook(ProbeHook):
    """Base of hooks that measure the features of positions by label images.

    The label images are in folders, or those of a config of MMSegmentation. The first
    rank measures while the others wait: raise ``env_cfg.dist_cfg.timeout`` if that may
    take longer. Labels, numbers and the backbone's map are checked before the first
    step.

    Args:
        size (tuple[int, int]): Height and width of the images in pixels.
        folders (Mapping[str, Folders | None]): Folders of images and of label images
            of the parts that are read, ``'train'`` and ``'val'``; None for those of
            ``mmseg_config``.
        num_classes (int, optional): Classes are 0 to ``num_classes - 1`` in the label
            images of folders. Defaults to None.
        ignored (int): Value of pixels without a class in folders. Defaults to 255.
        mmseg_config (str, optional): See
            :func:`~setsim_mm.evaluation.mmseg_labels.mmseg_label_images`. Defaults to
            None.
        data_root (str, optional): Folder of the data sets of ``mmseg_config``. Defaults
            to None, that of the config.
        images (str, optional): Name of the images, which is written before that of the
            scalar, ``<images>_<scalar>``. Set it where a run has several such hooks.
            Defaults to None.
        **kwargs: ``interval`` and ``initial`` of :class:`ProbeHook`.

    Raises:
        UserError: If there are no label images for a part, or several.
    """

    fails_on_all_ranks = True

    def __init__(
        self,
        size: tuple[int, int],
        folders: Mapping[str, Folders | None],
        num_classes: int | None = None,
        ignored: int = IGNORED,
        mmseg_config: str | None = None,
        data_root: str | None = None,
        images: str | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        names = ' and '.join(folders)
        given = [pair is not None for pair in folders.values()]
        from_folders = all(given) and num_classes is not None
        if from_folders == (mmseg_config is not None) or (mmseg_config and any(given)):
            raise UserError(
                f'{type(self).__name__} reads label images from folders or from a '
                f'config: set either {names} with num_classes, or mmseg_config.'
            )
        self.size = tuple(size)
        self.folders = folders
        self.values = num_classes, ignored
        self.mmseg_config = mmseg_config
        self.data_root = data_root
        self.images = images
        self._images: list[LabelImages] = []

    def prepare(self, runner: Runner) -> None:
        """Find the images, and check them on the first rank."""
        on_main_process(lambda: self._prepare(runner))

    def measure(self, runner: Runner, epochs_done: int) -> Measurement:
        """Measure on the first rank."""
        return on_main_process(lambda: self._measure(runner))

    @abstractmethod
    def check(self, grid: tuple[int, int], *images: LabelImages) -> None:
        """Raise the errors that a measurement would raise.

        Args:
            grid (tuple[int, int]): Rows and columns of the feature maps.
            *images (LabelImages): The parts, in the order of ``folders``.
        """

    @abstractmethod
    def evaluate(
        self, backbone: nn.Module, preprocess: Preprocess, *images: LabelImages
    ) -> Measurement:
        """Measure.

        Args:
            backbone (nn.Module): In evaluation mode.
            preprocess (Preprocess): See
                :class:`~setsim_mm.evaluation.ImageInputs`.
            *images (LabelImages): The parts, in the order of ``folders``.
        """

    def _prepare(self, runner: Runner) -> None:
        backbone, inputs = frozen_backbone(runner)
        self._images = [self._find(part, inputs.load) for part in self.folders]
        self.check(feature_grid(backbone, inputs, self._images[0]), *self._images)

    def _measure(self, runner: Runner) -> Measurement:
        measurement = self.evaluate(*frozen_backbone(runner), *self._images)
        if self.images is None:
            return measurement
        scalars = {f'{self.images}_{k}': v for k, v in measurement.scalars.items()}
        return Measurement(scalars, f'{self.images}, {measurement.summary}')

    def _find(self, part: str, load: ImageLoader) -> LabelImages:
        if self.mmseg_config is not None:
            return mmseg_label_images(
                self.mmseg_config, part, self.size, self.data_root, load
            )[0]
        pairs = find_label_images(*self.folders[part], load=load)
        return LabelImages(pairs, self.size, *self.values, load=load)
