"""Transforms of MMPretrain with the arguments of MMSelfSup's."""

from collections.abc import Sequence

from mmcv.transforms import BaseTransform, to_tensor
from mmengine.structures import InstanceData, LabelData
from mmpretrain.datasets.transforms import PackInputs
from mmpretrain.structures import DataSample

from setsim_mm.registry import TRANSFORMS


@TRANSFORMS.register_bridge
class PackSelfSupInputs(BaseTransform):
    """Pack the views and their meta information for an algorithm.

    MMPretrain's ``PackInputs`` adds meta information that the views do not have, skips
    keys that are missing, and stores values of algorithms without a container.

    Required Keys:

    - img (or ``key``)
    - those of ``algorithm_keys``, ``pseudo_label_keys`` and ``meta_keys``

    Added Keys:

    - inputs (list[Tensor])
    - data_samples (DataSample)

    Args:
        key (str): Key of an image or a list of views, HxWx3 each. Defaults to 'img'.
        algorithm_keys (Sequence[str]): Keys of values that the algorithm reads as
            ``data_sample.<key>.value``. Defaults to none.
        pseudo_label_keys (Sequence[str]): Keys of values that it reads as
            ``data_sample.pseudo_label.<key>``. Defaults to none.
        meta_keys (Sequence[str]): Keys of meta information. Defaults to none.
    """

    def __init__(
        self,
        key: str = 'img',
        algorithm_keys: Sequence[str] = (),
        pseudo_label_keys: Sequence[str] = (),
        meta_keys: Sequence[str] = (),
    ) -> None:
        self.key = key
        self.algorithm_keys = algorithm_keys
        self.pseudo_label_keys = pseudo_label_keys
        self.meta_keys = meta_keys

    def transform(self, results: dict) -> dict:
        """Return the inputs and the sample, and nothing else."""
        sample = DataSample(metainfo={key: results[key] for key in self.meta_keys})
        for key in self.algorithm_keys:
            container = LabelData if key.endswith('_label') else InstanceData
            value = container(value=to_tensor(results[key]))
            sample.set_field(value, key)
        if self.pseudo_label_keys:
            sample.pseudo_label = InstanceData(
                **{key: to_tensor(results[key]) for key in self.pseudo_label_keys}
            )
        packed = dict(data_samples=sample)
        if self.key in results:
            views = results[self.key]
            views = views if isinstance(views, list) else [views]
            packed = dict(inputs=PackInputs.format_input(views), **packed)
        return packed

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(key={self.key!r}, '
            f'algorithm_keys={self.algorithm_keys}, '
            f'pseudo_label_keys={self.pseudo_label_keys}, meta_keys={self.meta_keys})'
        )


@TRANSFORMS.register_bridge
class PackClsInputs(PackInputs):
    """Pack an image and its label: MMCls' name of MMPretrain's ``PackInputs``."""
