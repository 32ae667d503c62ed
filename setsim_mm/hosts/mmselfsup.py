"""MMSelfSup 1.0.0, whose names and arguments the configs of this package use."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from mmselfsup.datasets.transforms import MultiView
    from mmselfsup.models.algorithms import BaseModel, DenseCL, MoCo
    from mmselfsup.structures import SelfSupDataSample
    from mmselfsup.utils import get_model

__all__ = [
    'BaseModel',
    'DenseCL',
    'MoCo',
    'MultiView',
    'SelfSupDataSample',
    'get_model',
]

# No class needs a bridge.
BRIDGES: dict[str, list[str]] = {}

__getattr__, __dir__ = import_on_demand(__name__, __file__)
