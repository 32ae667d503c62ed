"""The result of a data preprocessor, which differs between hosts."""

from torch import Tensor, nn


def preprocess(data_preprocessor: nn.Module, data: dict) -> tuple[list[Tensor], list]:
    """Preprocess a batch of views.

    The preprocessor of MMSelfSup returns a tuple, that of MMPretrain a dict.

    Args:
        data_preprocessor (nn.Module): The preprocessor of a model.
        data (dict): With ``inputs``, a list of V views, uint8, (N, 3, height, width),
            and ``data_samples``, in this order.

    Returns:
        tuple[list[Tensor], list]: The V normalised views and the samples, on the
        preprocessor's device.
    """
    result = data_preprocessor(data)
    if isinstance(result, dict):
        return result['inputs'], result['data_samples']
    inputs, samples = result
    return inputs, samples
