"""A pickle reader that builds tensors and nothing else.

For ``torch.load(..., pickle_module=inert_pickle)``. Checkpoints of plain mmengine hold,
beside the weights, objects that PyTorch's safe reader refuses the whole file for. Here
an :class:`Inert` stands in for each of them, so that no code of the file's choice runs
and the weights can still be had.
"""

import pickle
from typing import IO, Any

HARMLESS = {
    ('collections', 'OrderedDict'),
    ('torch', 'Size'),
    ('torch._utils', '_rebuild_tensor_v2'),
    ('torch._utils', '_rebuild_parameter'),
}


class Inert:
    """Stands in for an object that is not built; takes whatever it is given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Forget the arguments."""

    def __setstate__(self, state: Any) -> None:
        """Forget the state."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forget the item."""

    def append(self, value: Any) -> None:
        """Forget the value."""


class Unpickler(pickle.Unpickler):
    """See the module. PyTorch adds the storages of tensors in a subclass."""

    def find_class(self, module: str, name: str) -> Any:
        """Give what the file names if it is known to be harmless."""
        if (module, name) in HARMLESS:
            return super().find_class(module, name)
        return Inert


def load(file: IO[bytes], **kwargs: Any) -> Any:
    """Read one object, as :func:`pickle.load` does."""
    return Unpickler(file, **kwargs).load()
