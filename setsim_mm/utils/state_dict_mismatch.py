"""Where the weights of a checkpoint do not fit a model."""

from collections.abc import Mapping, Sequence

from torch import Tensor


def state_dict_mismatches(
    wanted: Mapping[str, Tensor], weights: Mapping[str, Tensor]
) -> list[str]:
    """Return which weights are missing, have another shape or are not known.

    Args:
        wanted (Mapping[str, Tensor]): The state of the model. Old checkpoints lack
            BatchNorm's ``num_batches_tracked``, which may be missing.
        weights (Mapping[str, Tensor]): What a checkpoint holds for it.

    Returns:
        list[str]: One clause each; empty if all fit.

    Examples:
        >>> import torch
        >>> weights = {'a': torch.ones(2), 'b': torch.ones(1)}
        >>> state_dict_mismatches({'a': torch.ones(2, 3)}, weights)
        ['a is 2 and not 2x3', 'b is not known']
    """
    faults = [
        f'{name} is missing'
        if name not in weights
        else f'{name} is {_shape(weights[name])} and not {_shape(value)}'
        for name, value in wanted.items()
        if not name.endswith('num_batches_tracked')
        and (name not in weights or weights[name].shape != value.shape)
    ]
    return faults + [f'{name} is not known' for name in weights if name not in wanted]


def some_of(faults: Sequence[str], number: int = 3) -> str:
    """Name the first faults in a sentence."""
    return '; '.join(faults[:number]) + ('; ...' if len(faults) > number else '')


def _shape(value: Tensor) -> str:
    return 'x'.join(map(str, value.shape)) or 'a scalar'
