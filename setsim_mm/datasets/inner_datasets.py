"""The data sets inside wrappers that repeat, concatenate or balance data sets."""

from collections.abc import Iterator

from mmengine.dataset import BaseDataset


def inner_configs(dataset: dict) -> Iterator[dict]:
    """Yield the configs of the data sets that read files.

    Args:
        dataset: Config of a data set, or of one that wraps others as ``dataset`` or
            ``datasets``, at any depth.
    """
    inner = dataset.get('datasets') or [dataset.get('dataset')]
    if inner == [None]:
        yield dataset
        return
    for part in inner:
        yield from inner_configs(part)


def inner_datasets(dataset: object) -> Iterator[BaseDataset]:
    """Yield the data sets that read files; see :func:`inner_configs`."""
    inner = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
    if inner == [None]:
        yield dataset
        return
    for part in inner:
        yield from inner_datasets(part)
