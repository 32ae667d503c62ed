"""A data set for fine-tuning that replaces samples whose files cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.dataset import BaseDataset

from setsim_mm.datasets import TooManyUnreadableImages, UnreadableImageError
from setsim_mm.datasets.dataset_wrapper import DatasetWrapper
from setsim_mm.datasets.read_record import (
    CountsUnreadable,
    ReadRecord,
    check_share,
)
from setsim_mm.host import DATASETS

from .empty_data import build_dataset
from .named_files import files_of

MAX_DRAWS = 1000  # as mmengine's max_refetch


@DATASETS.register_module()
class SkipUnreadable(CountsUnreadable, DatasetWrapper):
    """A data set of mmdet or mmseg that replaces samples whose files cannot be read.

    An unreadable image or label image is logged once and replaced by another sample,
    drawn with torch's generator. Training stops when there are too many. If loading a
    sample fails, its files are decoded strictly; if they are intact, the original error
    is raised.

    Args:
        dataset: The data set or its config. It should read files itself: a wrapper that
            repeats data sets counts a file several times.
        max_unreadable_share: Share of unreadable images above which training stops,
            see :meth:`ReadRecord.exceeds`. With None, for evaluations, nothing is
            replaced and the error names the file.
        allow_paths_outside: See :func:`~.empty_data.build_dataset`.

    Raises:
        UserError: See :func:`~.empty_data.build_dataset`.
        UnreadableImageError: When a sample is fetched and nothing may be replaced.
        TooManyUnreadableImages: When a sample is fetched.

    Examples:
        >>> train_dataloader = dict(dataset=dict(
        ...     type='mmselfsup.SkipUnreadable',
        ...     dataset=dict(type='CocoDataset', ann_file='train.json')))
    """

    def __init__(
        self,
        dataset: BaseDataset | dict,
        max_unreadable_share: float | None = 0.01,
        allow_paths_outside: bool = False,
    ) -> None:
        if max_unreadable_share is not None:
            check_share(max_unreadable_share)
        if isinstance(dataset, dict):
            dataset = build_dataset(dataset, allow_paths_outside)
        dataset.full_init()
        super().__init__(
            dataset,
            max_unreadable_share=max_unreadable_share,
            record=ReadRecord(len(dataset)),
        )

    def __getitem__(self, idx: int) -> dict:
        """Return a sample, or a replacement."""
        idx = range(len(self))[idx]  # negative indices, too
        if self.max_unreadable_share is None:
            try:
                with self._files_checked_on_error(idx):
                    return self.dataset[idx]
            except UnreadableImageError as error:
                raise UnreadableImageError(
                    f'{error}: repair it, or remove its entry from the annotations, '
                    'for an evaluation replaces no image.'
                ) from error
        # Not BaseDataset's __getitem__: it replaces samples that the pipeline rejects,
        # so that the index of a failed sample is unknown.
        fetch = getattr(self.dataset, 'prepare_data', self.dataset.__getitem__)
        for _ in range(MAX_DRAWS):
            sample = None
            try:
                with self._files_checked_on_error(idx):
                    sample = fetch(idx)
                self.record.mark_read(idx)
            except UnreadableImageError as error:
                self.record.skip(idx, error, self.max_unreadable_share)
            if sample is not None:
                return sample
            idx = self.record.draw_another()
        raise RuntimeError(
            f'none of {MAX_DRAWS} samples passed the pipeline of the data set'
        )

    @contextmanager
    def _files_checked_on_error(self, idx: int) -> Iterator[None]:
        """Raise an UnreadableImageError instead of a loader's error for such a file.

        The type of a loader's error varies; mmcv's is AssertionError for a truncated
        file.
        """
        try:
            yield
        except (MemoryError, TooManyUnreadableImages):
            raise
        except Exception:
            for file in files_of(self.dataset, idx):
                file.check()
            raise
