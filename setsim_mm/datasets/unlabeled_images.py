"""Images without labels: ImageNet, some of its classes, or any folder."""

import os
from collections.abc import Callable, Sequence

from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from setsim_mm.host import DATASETS, TRANSFORMS

from .image_lists import IMAGE_SUFFIXES
from .packed import images_in
from .read_record import CountsUnreadable, ReadRecord, check_share
from .transforms import UnreadableImageError


@DATASETS.register_module()
class UnlabeledImages(CountsUnreadable, BaseDataset):
    """Images without labels, from a list or a folder with its subfolders.

    The folder has image files, or images packed by :func:`~.packed.pack_images`. The
    same seed selects the same images of both.

    An unreadable image is logged once and replaced by another one, drawn from torch's
    generator. Training stops if there are too many.

    Args:
        data_root: Folder that ``ann_file`` and ``data_prefix`` are relative to.
        ann_file: Text file with a line ``path`` or ``path label`` for each image,
            relative to ``data_prefix``. Empty: all images in ``data_prefix``.
        ann_file_required: If False and ``ann_file`` does not exist, all images in
            ``data_prefix`` are used, which is logged. Files are sorted by path, packed
            images are in the order of packing.
        data_prefix: Folder of the images, as a string or as ``dict(img_path=...)``.
        classes: Names of the direct subfolders of ``data_prefix`` to use, in ImageNet
            one for each class. None: all images.
        suffixes: Suffixes of the image files without an ``ann_file``; see
            :func:`~.image_files.find_images`. None: those that the pipeline reads.
        allow_paths_outside: Whether paths in ``ann_file`` may be absolute or leave
            ``data_prefix`` through ``..``. Links inside it are always followed.
        max_unreadable_share: Share of unreadable images above which training stops;
            see :meth:`ReadRecord.exceeds`.
        pipeline: Transforms or their configs.
        **kwargs: Further arguments of mmengine's ``BaseDataset``.

    Raises:
        FileNotFoundError: If the folder, the annotation file, listed images or the
            folder of a class do not exist, or if there is no image.
        UserError: If packed images are incomplete, or a listed path is outside the
            folder.
        TooManyUnreadableImages: If ``max_unreadable_share`` is exceeded while images
            are loaded.

    Examples:
        >>> imagenet = UnlabeledImages(
        ...     data_root='data/imagenet',
        ...     ann_file='meta/train.txt',
        ...     data_prefix='train')
        >>> my_photographs = UnlabeledImages(data_root='~/Pictures')
    """

    def __init__(
        self,
        data_root: str = '',
        ann_file: str = '',
        ann_file_required: bool = True,
        data_prefix: str | dict = '',
        classes: Sequence[str] | None = None,
        suffixes: Sequence[str] | None = None,
        allow_paths_outside: bool = False,
        max_unreadable_share: float = 0.01,
        pipeline: Sequence[dict | Callable[[dict], dict]] = (),
        **kwargs,
    ) -> None:
        check_share(max_unreadable_share)
        if isinstance(classes, str):
            raise TypeError('classes must be a list of folder names, not one string')
        if isinstance(data_prefix, str):
            data_prefix = dict(img_path=data_prefix)
        # Built here: BaseDataset finds MMSelfSup's transforms only in its scope.
        transforms = [
            TRANSFORMS.build(t) if isinstance(t, dict) else t for t in pipeline
        ]
        self.ann_file_required = ann_file_required
        self.classes = classes
        self.suffixes = suffixes or _suffixes_read_by(transforms)
        self.allow_paths_outside = allow_paths_outside
        self.max_unreadable_share = max_unreadable_share
        super().__init__(
            data_root=os.path.expanduser(data_root),
            ann_file=os.path.expanduser(ann_file),
            data_prefix={k: os.path.expanduser(v) for k, v in data_prefix.items()},
            pipeline=transforms,
            **kwargs,
        )

    def full_init(self) -> None:
        """Find the images at the first call."""
        if not self._fully_initialized:
            super().full_init()
            self.record = ReadRecord(self.num_images)

    @property
    def num_images(self) -> int:
        """Number of images; a subclass may have more samples."""
        return BaseDataset.__len__(self)

    def image_names(self, data_list: Sequence[dict]) -> list[str]:
        """Return the path of each image in ``data_prefix``, also of packed images.

        Args:
            data_list: From :meth:`load_data_list`.
        """
        name_of = images_in(self.data_prefix['img_path']).name_of
        return [name_of(info['img_path']) for info in data_list]

    def load_data_list(self) -> list[dict]:
        """Return ``dict(img_path=...)`` for each image."""
        folder = self.data_prefix['img_path']
        if not os.path.isdir(folder):
            raise FileNotFoundError(
                f'the image folder {folder!r} does not exist: correct data_root '
                '(and data_prefix) of the data set'
            )
        images = images_in(folder, self.suffixes)
        if self._use_ann_file(folder):
            paths = images.listed(self.ann_file, self.classes, self.allow_paths_outside)
        else:
            paths = images.found(self.classes)
        return [dict(img_path=path) for path in paths]

    def _use_ann_file(self, folder: str) -> bool:
        if not self.ann_file or os.path.isfile(self.ann_file):
            return bool(self.ann_file)
        if self.ann_file_required:
            raise FileNotFoundError(
                f'the annotation file {self.ann_file!r} does not exist: correct '
                f"ann_file, or set it to '' to use every image in {folder!r}"
            )
        print_log(
            f'no annotation file {self.ann_file!r}: using every image in {folder!r}',
            logger='current',
        )
        return False

    def prepare_data(self, idx: int) -> dict | None:
        """Load an image and apply the pipeline.

        Returns:
            Result of the pipeline. None if the image is unreadable:
            ``BaseDataset.__getitem__`` then draws another one.

        Raises:
            TooManyUnreadableImages: If too many images are unreadable.
            UnreadableImageError: If the image is unreadable in ``test_mode``, where no
                image may be replaced.
        """
        return self._apply(self.pipeline, idx)

    def _apply(self, pipeline: Callable[[dict], dict], idx: int) -> dict | None:
        """Apply transforms to an image; see :meth:`prepare_data`."""
        idx = range(self.num_images)[idx]  # supports negative indices
        try:
            data = pipeline(self.get_data_info(idx))
        except UnreadableImageError as error:
            if self.test_mode:
                raise
            self.record.skip(idx, error, self.max_unreadable_share)
            return None
        self.record.mark_read(idx)
        return data

    def _rand_another(self) -> int:
        return self.record.draw_another()

    def get_subset_(self, indices: Sequence[int] | int) -> None:
        """Keep only a part of the images and reset the record."""
        super().get_subset_(indices)
        self.record = ReadRecord(self.num_images)

    def get_subset(self, indices: Sequence[int] | int) -> 'UnlabeledImages':
        """Return a data set with a part of the images and a new record."""
        subset = super().get_subset(indices)
        subset.record = ReadRecord(subset.num_images)
        return subset


def _suffixes_read_by(transforms: Sequence[Callable[[dict], dict]]) -> Sequence[str]:
    """Return the suffixes of the loader in a pipeline."""
    loaders = (t.suffixes for t in transforms if hasattr(t, 'suffixes'))
    return next(loaders, IMAGE_SUFFIXES)
