"""Compare the weights of a checkpoint with those of a model."""

from collections.abc import Mapping

from torch import Tensor

# No weights: BatchNorm's counter is missing in old files, and Swin computes its index
# itself.
MAY_BE_MISSING = ('num_batches_tracked', 'relative_position_index')


def state_dict_mismatches(
    wanted: Mapping[str, Tensor | None], weights: Mapping[str, Tensor]
) -> list[str]:
    """List the weights that are missing, have another shape or are not known.

    Args:
        wanted (Mapping[str, Tensor | None]): The state of the model; None stands for
            any shape. The buffers in :data:`MAY_BE_MISSING` may be missing in the
            checkpoint.
        weights (Mapping[str, Tensor]): The weights in the checkpoint.

    Returns:
        list[str]: One clause for each mismatch; empty if all weights fit.

    Examples:
        >>> import torch
        >>> weights = {'a': torch.ones(2), 'b': torch.ones(1)}
        >>> state_dict_mismatches({'a': torch.ones(2, 3)}, weights)
        ['a is 2 and not 2x3', 'b is not known']
    """
    mismatches = []
    for name, value in wanted.items():
        if name not in weights:
            if not name.endswith(MAY_BE_MISSING):
                mismatches.append(f'{name} is missing')
        elif value is not None and weights[name].shape != value.shape:
            shapes = f'{_shape(weights[name])} and not {_shape(value)}'
            mismatches.append(f'{name} is {shapes}')
    return mismatches + [f'{n} is not known' for n in weights if n not in wanted]


def _shape(value: Tensor) -> str:
    return 'x'.join(map(str, value.shape)) or 'a scalar'
