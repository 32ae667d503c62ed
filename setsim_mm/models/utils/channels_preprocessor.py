"""Normalise images with any number of channels."""

from collections.abc import Sequence

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from setsim_mm.host import MODELS
from setsim_mm.utils.errors import UserError

MEASURE = (
    'measure them with `python tools/datasets/measure_mean_std.py FOLDER` and copy the '
    'lines that it prints into the config.'
)


@MODELS.register_module()
class ChannelsDataPreprocessor(BaseDataPreprocessor):
    """Normalise the views of images with N channels.

    mmengine's ``ImgDataPreprocessor``, the base of MMSelfSup's, accepts 1 or 3
    channels.

    Args:
        mean (Sequence[float]): Mean of each channel, N, in the units of the files.
        std (Sequence[float]): Standard deviation of each channel, N, above 0.

    Raises:
        UserError: If they are missing, have different lengths, or a deviation is not
            above 0.

    Examples:
        >>> normalize = ChannelsDataPreprocessor(mean=[10.0, 20.0], std=[2.0, 4.0])
        >>> views = [torch.full((1, 2, 1, 1), 12.0)]
        >>> normalize(dict(inputs=views, data_samples=[]))[0][0].flatten()
        tensor([ 1., -2.])
    """

    def __init__(
        self,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if mean is None or std is None:
            raise UserError(f'the mean and std of the channels are not set: {MEASURE}')
        if len(mean) != len(std):
            raise UserError(
                f'data_preprocessor.mean has {len(mean)} entries and std {len(std)}, '
                f'but both need one for each channel: {MEASURE}'
            )
        if not all(value > 0 for value in std):
            raise UserError(
                f'data_preprocessor.std has an entry that is not above 0 ({list(std)}):'
                ' remove channels that are constant.'
            )
        for name, values in dict(mean=mean, std=std).items():
            tensor = torch.tensor(values, dtype=torch.float32).view(-1, 1, 1)
            self.register_buffer(name, tensor, persistent=False)

    def forward(
        self, data: dict, training: bool = False
    ) -> tuple[list[Tensor], list | None]:
        """Move views to the device and normalise them.

        Args:
            data (dict): ``inputs``, a list of views (B, N, height, width), and
                ``data_samples``.
            training (bool): Not used. Defaults to False.

        Returns:
            tuple[list[Tensor], list | None]: The views, float32, and the samples.

        Raises:
            UserError: If the views have another number of channels than the mean.
        """
        views, samples = self.cast_data((data['inputs'], data.get('data_samples')))
        for view in views:
            if view.shape[1] != len(self.mean):
                raise UserError(
                    f'the images have {view.shape[1]} channels and '
                    f'data_preprocessor.mean {len(self.mean)} entries: {MEASURE}'
                )
        return [(view.float() - self.mean) / self.std for view in views], samples
