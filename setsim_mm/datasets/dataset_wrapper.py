"""Base class of data sets that wrap another data set."""

from typing import Any

from torch.utils.data import Dataset


class DatasetWrapper(Dataset):
    """Data set that reads and writes the attributes of another data set.

    Hooks such as mmdet's ``PipelineSwitchHook`` write attributes.

    Args:
        dataset (Dataset): The wrapped data set.
        **own (Any): Attributes of the wrapper itself.
    """

    def __init__(self, dataset: Dataset, **own: Any) -> None:
        self.__dict__.update(own, dataset=dataset)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getattr__(self, name: str) -> Any:
        # A wrapper that is being copied has no data set yet. Special methods of the
        # data set, such as __getitems__, which PyTorch looks for, would bypass it.
        if name == 'dataset' or name.startswith('__'):
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.dataset, name, value)
