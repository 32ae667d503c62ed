"""Base class of data sets that wrap another data set."""

from typing import Any

from torch.utils.data import Dataset


class DatasetWrapper(Dataset):
    """A data set whose attributes, to read and to write, are those of the one inside.

    Writing matters to hooks such as mmdet's ``PipelineSwitchHook``.

    Args:
        dataset (Dataset): The data set inside.
        **own (Any): Attributes of the wrapper itself.
    """

    def __init__(self, dataset: Dataset, **own: Any) -> None:
        self.__dict__.update(own, dataset=dataset)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getattr__(self, name: str) -> Any:
        # A copy that is being made has no data set yet. PyTorch asks for methods such
        # as __getitems__, which would go past the wrapper.
        if name == 'dataset' or name.startswith('__'):
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.dataset, name, value)
